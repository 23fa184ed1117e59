-- What a user would write who has no plugin: a post-dissector that shows the D flag and the options of RFC 8885, links
-- PBAs with PBUs and counts retransmissions. The bench measures the plugin against it; nothing else uses it.

local dmm = Proto("dmm_lua", "DMM in Lua")
local f = dmm.fields
f.flag = ProtoField.bool("dmm_lua.flag", "D flag")
f.mn = ProtoField.string("dmm_lua.mn", "Mobile Node")
f.option = ProtoField.uint8("dmm_lua.option", "Option")
f.address = ProtoField.ipv6("dmm_lua.address", "Address")
f.length = ProtoField.uint8("dmm_lua.length", "Prefix Length")
f.response_in = ProtoField.framenum("dmm_lua.response_in", "Response in", base.NONE, frametype.RESPONSE)
f.response_to = ProtoField.framenum("dmm_lua.response_to", "Response to", base.NONE, frametype.REQUEST)
f.response_time = ProtoField.relative_time("dmm_lua.response_time", "Response time")
f.again = ProtoField.framenum("dmm_lua.retransmission_of", "Retransmission of", base.NONE, frametype.RETRANS_PREV)
f.maar = ProtoField.string("dmm_lua.maar", "Current MAAR")
f.handover = ProtoField.uint32("dmm_lua.handover", "Handover")

local header = Field.new("mip6.mhtype")
local src, dst = Field.new("ipv6.src"), Field.new("ipv6.dst")
local asked, last, known, at, handovers = {}, {}, {}, {}, 0

function dmm.init()
    asked, last, known, at, handovers = {}, {}, {}, {}, 0
end

local function options(octets, start, tree, shown)
    local found = {}
    while start < octets:len() do
        local kind = octets(start, 1):uint()
        if kind == 0 then
            start = start + 1
        else
            if start + 2 > octets:len() then break end
            local len = octets(start + 1, 1):uint()
            if start + 2 + len > octets:len() then break end
            local body = start + 2
            if kind == 8 and len > 1 then
                found.mn = octets(body + 1, len - 1):string()
            elseif kind >= 65 and kind <= 70 and shown then
                tree:add(f.option, octets(start, 1))
                if (kind == 65 or kind == 66) and len == 18 then
                    tree:add(f.length, octets(body + 1, 1))
                    tree:add(f.address, octets(body + 2, 16))
                elseif kind == 67 and len == 34 then
                    tree:add(f.length, octets(body + 1, 1))
                    tree:add(f.address, octets(body + 2, 16))
                    tree:add(f.address, octets(body + 18, 16))
                elseif (kind == 68 or kind == 69) and len == 16 then
                    tree:add(f.address, octets(body, 16))
                end
            end
            if kind == 68 and len == 16 then found.serving = tostring(octets(body, 16):ipv6()) end
            start = body + len
        end
    end
    return found
end

function dmm.dissector(tvb, packet, tree)
    local mh = header()
    if not mh or (mh.value ~= 5 and mh.value ~= 6) then return end
    local start = mh.offset - 2
    local octets = tvb(start)
    if octets:len() < 12 then return end
    local is_request = mh.value == 5
    local flags = is_request and octets(8, 2):uint() or octets(7, 1):uint()
    local has_flag = bit.band(flags, is_request and 0x10 or 0x02) ~= 0
    local seq = is_request and octets(6, 2):uint() or octets(8, 2):uint()
    local own = tree:add(dmm, octets)
    own:add(f.flag, has_flag)
    local found = options(octets, 12, own, true)
    local from, to = tostring(src().value), tostring(dst().value)
    local number, mn = packet.number, found.mn or ""
    if not packet.visited then
        local facts = { mn = mn }
        if is_request then
            local pair = from .. to .. mn
            local before = last[pair]
            if before and not known[before].response_in then
                facts.again = before
            end
            last[pair], asked[pair .. seq] = number, number
            if not found.serving and at[mn] and at[mn] ~= from then
                handovers = handovers + 1
                facts.handover = handovers
            end
        else
            local request = asked[to .. from .. mn .. seq]
            if request then
                facts.response_to = request
                facts.time = packet.abs_ts - known[request].at
                known[request].response_in = number
            end
            if not found.serving then at[mn] = to end
        end
        facts.at, facts.maar = packet.abs_ts, at[mn]
        known[number] = facts
    end
    local facts = known[number]
    if not facts then return end
    own:add(f.mn, facts.mn):set_generated()
    if facts.response_in then own:add(f.response_in, facts.response_in):set_generated() end
    if facts.response_to then
        own:add(f.response_to, facts.response_to):set_generated()
        own:add(f.response_time, NSTime.new(math.floor(facts.time), math.floor(facts.time % 1 * 1e9))):set_generated()
    end
    if facts.again then own:add(f.again, facts.again):set_generated() end
    if facts.handover then own:add(f.handover, facts.handover):set_generated() end
    if facts.maar then own:add(f.maar, facts.maar):set_generated() end
    packet.cols.info:append(" seq=" .. seq .. " mn=" .. mn)
end

register_postdissector(dmm)
