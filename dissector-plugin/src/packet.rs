//! Thin `Copy` wrappers of what the host hands to a dissector: octets, packet, tree. All reaching into the host's memory
//! is here; it knows nothing about Mobile IPv6.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::abi::{
    self, Address, ExpertField, FieldInfo, GENERATED, IPV4_ADDRESS, IPV6_ADDRESS, NodeField, Time, int,
};
use crate::host::{PacketInfo, TvBuff, functions, row};
use crate::text::Text;
use crate::track::Nanos;

/// The identity of a registered field or protocol. The host writes the number when it registers it.
#[derive(Clone, Copy)]
pub(crate) struct Id(&'static AtomicI32);

impl Id {
    /// A place for a number to come.
    pub(crate) fn leak() -> Self {
        Self(Box::leak(Box::new(AtomicI32::new(-1))))
    }

    /// A number that is known.
    pub(crate) fn known(number: c_int) -> Self {
        Self(Box::leak(Box::new(AtomicI32::new(number))))
    }

    pub(crate) fn as_ptr(self) -> *mut c_int {
        self.0.as_ptr()
    }

    pub(crate) fn number(self) -> c_int {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether a filter or a column asks for this field, whoever looks on.
    pub(crate) fn is_asked_for(self) -> bool {
        let Ok(number) = u32::try_from(self.number()) else { return false };
        // SAFETY: the field is registered, and never freed.
        unsafe { (functions().proto_registrar_get_nth)(number).as_ref() }
            .is_some_and(|info| info.referenced != 0)
    }
}

/// The octets that a dissector is given.
#[derive(Clone, Copy)]
pub(crate) struct Tvb<'packet>(*mut TvBuff, PhantomData<&'packet [u8]>);

impl<'packet> Tvb<'packet> {
    /// # Safety
    /// `tvb` is what the host gave to the dissector that runs now; neither a copy nor a slice of its octets is kept
    /// beyond the dissector's return.
    pub(crate) unsafe fn new(tvb: *mut TvBuff) -> Self {
        Self(tvb, PhantomData)
    }

    /// The octets that were captured, from the first.
    pub(crate) fn octets(self) -> &'packet [u8] {
        // SAFETY: `self` is valid by `new`; the length is what the host says is there, so `tvb_get_ptr` does not throw;
        // the octets stay in place until the dissector returns.
        unsafe {
            let captured = (functions().tvb_captured_length)(self.0);
            if captured == 0 {
                return &[];
            }
            let captured = captured as usize;
            std::slice::from_raw_parts((functions().tvb_get_ptr)(self.0, 0, int(captured)), captured)
        }
    }

    /// How many octets there were on the wire.
    pub(crate) fn reported_len(self) -> usize {
        // SAFETY: `self` is valid by `new`.
        unsafe { (functions().tvb_reported_length)(self.0) as usize }
    }

    /// Where the first octet is in the frame (or in whatever it was put together from).
    pub(crate) fn raw_offset(self) -> usize {
        // SAFETY: `self` is valid by `new`.
        usize::try_from(unsafe { (functions().tvb_raw_offset)(self.0) }).unwrap_or(0)
    }
}

/// The packet that a dissector is given.
#[derive(Clone, Copy)]
pub(crate) struct Packet(*mut PacketInfo);

impl Packet {
    /// # Safety
    /// As [`Tvb::new`].
    pub(crate) unsafe fn new(packet: *mut PacketInfo) -> Self {
        Self(packet)
    }

    /// Whether anybody looks at the columns.
    pub(crate) fn has_columns(self) -> bool {
        // SAFETY: `self` is valid by `new`.
        unsafe { !(*self.0).columns.is_null() }
    }

    /// Puts a text in place of what the Info column says of this layer.
    pub(crate) fn set_info(self, text: &Text) {
        static INFO: Column = Column::new(c"%i");
        INFO.set(self, text.as_ptr());
    }

    /// Puts a name into the Protocol column.
    pub(crate) fn set_protocol(self, name: &'static CStr) {
        static PROTOCOL: Column = Column::new(c"%p");
        PROTOCOL.set(self, name.as_ptr());
    }

    /// The frame's number, from 1.
    pub(crate) fn number(self) -> u32 {
        // SAFETY: `self` is valid by `new`.
        unsafe { (*self.0).number }
    }

    /// When it was captured.
    pub(crate) fn time(self) -> Nanos {
        // SAFETY: `self` is valid by `new`.
        let time = unsafe { (*self.0).time };
        time.seconds.saturating_mul(1_000_000_000).saturating_add(time.nanos.into())
    }

    /// The addresses of the innermost header so far, if that is of IP.
    pub(crate) fn addresses(self) -> Option<(Ipv6Addr, Ipv6Addr)> {
        // SAFETY: `self` is valid by `new`, and the host has two addresses there.
        let [src, dst] = unsafe { self.0.byte_add(row().addresses).cast::<[Address; 2]>().as_ref() }?;
        Some((ipv6(src)?, ipv6(dst)?))
    }

    /// Whether a layer so far is of one of these protocols.
    pub(crate) fn is_in(self, protocols: &[Id]) -> bool {
        let functions = functions();
        // SAFETY: `self` is valid by `new`, and the host has a list there, which it changes only between two layers. What
        // the list holds are numbers of protocols in the form of pointers.
        unsafe {
            let mut layer =
                (functions.wmem_list_head)(self.0.byte_add(row().layers).cast::<*const c_void>().read());
            while !layer.is_null() {
                let protocol = (functions.wmem_list_frame_data)(layer).addr();
                if protocols.iter().any(|one| usize::try_from(one.number()) == Ok(protocol)) {
                    return true;
                }
                layer = (functions.wmem_list_frame_next)(layer);
            }
        }
        false
    }

    /// As the host takes it.
    pub(crate) fn as_ptr(self) -> *mut PacketInfo {
        self.0
    }
}

/// An address of IPv4 in the form that IPv6 has for it (RFC 4291 §2.5.5.2).
fn ipv6(address: &Address) -> Option<Ipv6Addr> {
    if address.data.is_null() {
        return None;
    }
    match (address.kind, address.len) {
        // SAFETY: an address of this kind and length points to so many octets.
        (IPV6_ADDRESS, 16) => Some(unsafe { address.data.cast::<[u8; 16]>().read_unaligned() }.into()),
        (IPV4_ADDRESS, 4) => {
            // SAFETY: as above.
            let octets = unsafe { address.data.cast::<[u8; 4]>().read_unaligned() };
            Some(Ipv4Addr::from(octets).to_ipv6_mapped())
        }
        _ => None,
    }
}

/// A column of the packet list.
struct Column {
    /// As preferences have it. The number differs between versions; this does not.
    format: &'static CStr,
    number: OnceLock<c_int>,
}

impl Column {
    const fn new(format: &'static CStr) -> Self {
        Self { format, number: OnceLock::new() }
    }

    fn set(&self, packet: Packet, text: *const c_char) {
        let ask = functions().get_column_format_from_str;
        // SAFETY: the format is a C string.
        let number = *self.number.get_or_init(|| unsafe { ask(self.format.as_ptr()) });
        // SAFETY: `packet` is valid by `new`; the host copies the text.
        unsafe { (functions().col_add_str)((*packet.0).columns, number, text) };
    }
}

/// A field of the host's or of ours, as the nodes that show it point to it.
#[derive(Clone, Copy)]
pub(crate) struct Registered(NonNull<FieldInfo>);

// SAFETY: the host never frees a field of a built-in dissector, and dissects in one thread at a time.
unsafe impl Send for Registered {}
// SAFETY: as for `Send`.
unsafe impl Sync for Registered {}

impl Registered {
    /// By its filter name.
    pub(crate) fn find(filter: &CStr) -> Option<Self> {
        // SAFETY: the name is a C string.
        let info = unsafe { (functions().proto_registrar_get_byname)(filter.as_ptr()) };
        NonNull::new(info.cast_mut()).map(Self)
    }

    /// Its number.
    pub(crate) fn id(self) -> Id {
        // SAFETY: it is a registered field, which is never freed.
        Id::known(unsafe { self.0.as_ref() }.id)
    }
}

/// A node of the packet's tree, or none: the host builds no tree where none is asked for, and takes none as well.
#[derive(Clone, Copy)]
pub(crate) struct Node(*mut abi::Node);

impl Node {
    /// # Safety
    /// As [`Tvb::new`].
    pub(crate) unsafe fn new(tree: *mut abi::Node) -> Self {
        Self(tree)
    }

    /// Whether anybody looks at this node. If not, only filters may look below it.
    pub(crate) fn is_shown(self) -> bool {
        self.field().is_some()
    }

    /// Whether anybody looks at this protocol's fields: a person, or a filter, a column or a statistic.
    pub(crate) fn wants(self, protocol: Id) -> bool {
        // SAFETY: `self` is valid by `new`, the protocol is registered.
        unsafe { (functions().proto_field_is_referenced)(self.0, protocol.number()) != 0 }
    }

    /// Adds a field of `len` octets from `start`, all of which must have been captured.
    pub(crate) fn add(self, field: Id, tvb: Tvb<'_>, start: usize, len: usize) -> Self {
        const BIG_ENDIAN: u32 = 0;
        // SAFETY: `self` and `tvb` are valid by `new`, the field is registered.
        Self(unsafe {
            (functions().proto_tree_add_item)(self.0, field.number(), tvb.0, int(start), int(len), BIG_ENDIAN)
        })
    }

    /// Adds text that is not in the packet but about what starts there.
    pub(crate) fn add_text(self, field: Id, tvb: Tvb<'_>, start: usize, text: &Text) -> Self {
        // SAFETY: as in `add`; the host copies the text.
        Self(unsafe {
            (functions().proto_tree_add_string)(self.0, field.number(), tvb.0, int(start), 0, text.as_ptr())
        })
    }

    /// Adds a number that is not in the packet.
    pub(crate) fn add_number(self, field: Id, tvb: Tvb<'_>, number: u32) -> Self {
        // SAFETY: as in `add`.
        Self(unsafe { (functions().proto_tree_add_uint)(self.0, field.number(), tvb.0, 0, 0, number) })
            .mark(field, GENERATED)
    }

    /// Adds a truth that is not in the packet.
    pub(crate) fn add_truth(self, field: Id, tvb: Tvb<'_>, truth: bool) -> Self {
        // SAFETY: as in `add`.
        Self(unsafe {
            (functions().proto_tree_add_boolean)(self.0, field.number(), tvb.0, 0, 0, truth.into())
        })
        .mark(field, GENERATED)
    }

    /// Adds a span of time that is not in the packet.
    pub(crate) fn add_span(self, field: Id, tvb: Tvb<'_>, nanos: Nanos) -> Self {
        const SECOND: Nanos = 1_000_000_000;
        let time = Time { seconds: nanos / SECOND, nanos: int((nanos % SECOND).unsigned_abs() as usize) };
        let time = if nanos < 0 { Time { nanos: -time.nanos, ..time } } else { time };
        // SAFETY: as in `add`; the host copies the time.
        Self(unsafe {
            (functions().proto_tree_add_time)(self.0, field.number(), tvb.0, 0, 0, &raw const time)
        })
        .mark(field, GENERATED)
    }

    /// Adds an address that is not in the packet.
    pub(crate) fn add_address(self, field: Id, tvb: Tvb<'_>, address: Ipv6Addr) -> Self {
        let octets = address.octets();
        // SAFETY: as in `add`; the host copies the address.
        Self(unsafe {
            (functions().proto_tree_add_ipv6)(self.0, field.number(), tvb.0, 0, 0, &raw const octets)
        })
        .mark(field, GENERATED)
    }

    /// Adds text that is not in the packet.
    pub(crate) fn add_generated_text(self, field: Id, tvb: Tvb<'_>, text: &Text) -> Self {
        self.add_text(field, tvb, 0, text).mark(field, GENERATED)
    }

    /// Says something about the node that a person should look at.
    pub(crate) fn add_expert(self, packet: Packet, expert: *mut ExpertField, text: &Text) {
        // SAFETY: `self` and `packet` are valid by `new`, the expert field is registered, the format takes one string.
        // The host lists it under the protocol that it believes is running, which we have no layer for.
        unsafe {
            let running = std::mem::replace(&mut (*packet.0).current_protocol, c"DMM".as_ptr());
            (functions().expert_add_info_format)(packet.0, self.0, expert, c"%s".as_ptr(), text.as_ptr());
            (*packet.0).current_protocol = running;
        };
    }

    /// The last of the children of this node.
    pub(crate) fn last_child(self) -> Option<Self> {
        // SAFETY: as in `first_child`.
        NonNull::new(unsafe { self.0.as_ref() }?.last_child).map(|node| Self(node.as_ptr()))
    }

    /// Makes the line of a node that shows a field of ours one of the field's name and this. Cheaper than to append to
    /// what the host makes of the value first.
    pub(crate) fn say(self, what: fmt::Arguments<'_>) {
        let Some(field) = self.field() else { return };
        // SAFETY: a registered field has a name, which is a C string that is never freed, and with those of ours is made
        // of a `str`.
        let name = unsafe { str::from_utf8_unchecked(CStr::from_ptr((*field.info()).name).to_bytes()) };
        let text = Text::new(format_args!("{name}{what}"));
        // SAFETY: `self` is valid by `new`; the format takes one string.
        unsafe { (functions().proto_item_set_text)(self.0, c"%s".as_ptr(), text.as_ptr()) };
    }

    /// Appends to the node's line.
    pub(crate) fn append(self, text: &Text) {
        // SAFETY: `self` is valid by `new`; the format takes one string.
        unsafe { (functions().proto_item_append_text)(self.0, c"%s".as_ptr(), text.as_ptr()) };
    }

    /// Makes the node one that has children.
    pub(crate) fn subtree(self, kind: Id) -> Self {
        // SAFETY: `self` is valid by `new`, the kind is registered.
        Self(unsafe { (functions().proto_item_add_subtree)(self.0, kind.number()) })
    }

    /// Sets flags of the node, which was made of `field`. The host has only inline functions for this.
    pub(crate) fn mark(self, field: Id, flags: u32) -> Self {
        let Ok(number) = u32::try_from(field.number()) else { return self };
        // SAFETY: the field is registered.
        let expected = unsafe { (functions().proto_registrar_get_nth)(number) };
        if let Some(mut found) = self.field().filter(|found| ptr::eq(found.info(), expected)) {
            // SAFETY: a node's field belongs to the tree, which only the running dissector changes.
            unsafe { found.0.as_mut().flags |= flags };
        }
        self
    }

    /// The field that the node shows; none for a node that nobody looks at.
    fn field(self) -> Option<NodeFieldRef> {
        let node = NonNull::new(self.0)?;
        // SAFETY: every node is at least that long, and holds a pointer or null there.
        NonNull::new(unsafe { node.byte_add(row().node_field).cast::<*mut NodeField>().read() })
            .map(NodeFieldRef)
    }

    /// The node that shows this field and starts at this octet of the frame, in the first layer of this protocol that has
    /// one; of all nodes below this one, if there is none in such a layer.
    pub(crate) fn in_layer(self, protocol: Registered, field: Registered, start: usize) -> Option<Self> {
        let is_it = |node: &Self| node.shows(field, start);
        let within = |part: Self| part.children().find(is_it);
        let in_layer = |node: Self| {
            node.field().filter(|own| ptr::eq(own.info(), protocol.0.as_ptr()))?;
            // The fields of a layer are its children, or those of one of its parts.
            within(node).or_else(|| node.children().find_map(within))
        };
        // The host puts what follows IPv6 into its layer, as the last thing there.
        self.children()
            .find_map(|child| in_layer(child).or_else(|| in_layer(child.last_child()?)))
            .or_else(|| self.last_below(field, start))
    }

    fn shows(self, field: Registered, start: usize) -> bool {
        self.field().is_some_and(|own| ptr::eq(own.info(), field.0.as_ptr()) && own.start() == start)
    }

    /// The last node below this one that shows this field and starts at this octet of the frame.
    pub(crate) fn last_below(self, field: Registered, start: usize) -> Option<Self> {
        // What a node is in shows the same octet, but for headers that stand in the layer before them.
        let near = self.last_in(MAX_DEPTH, field, start, |node, depth| {
            depth + 1 == MAX_DEPTH || node.field().is_some_and(|field| field.octets().contains(&start))
        });
        near.or_else(|| self.last_in(MAX_DEPTH, field, start, |_, _| true))
    }

    fn last_in(
        self,
        depth: usize,
        field: Registered,
        start: usize,
        looks_into: impl Fn(Self, usize) -> bool + Copy,
    ) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let mut found = None;
        for node in self.children() {
            if node.shows(field, start) {
                found = Some(node);
            }
            if node.first_child().is_some() && looks_into(node, depth) {
                found = node.last_in(depth, field, start, looks_into).or(found);
            }
        }
        found
    }

    fn children(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.first_child(), |child| child.next())
    }

    fn first_child(self) -> Option<Self> {
        // SAFETY: a node is null or a node of the tree of the packet being dissected.
        NonNull::new(unsafe { self.0.as_ref() }?.first_child).map(|node| Self(node.as_ptr()))
    }

    fn next(self) -> Option<Self> {
        // SAFETY: as in `first_child`.
        NonNull::new(unsafe { self.0.as_ref() }?.next).map(|node| Self(node.as_ptr()))
    }

    /// Takes the node from where it is and puts it behind `place`, whatever tree that is in. The host can move a node
    /// only among its siblings.
    pub(crate) fn move_behind(self, place: Self) {
        let (item, place) = (self.0, place.0);
        if item.is_null() || item == place {
            return;
        }
        // SAFETY: both are nodes of the tree of the packet that is being dissected, linked by the host, and only the
        // running dissector changes it. Every pointer is checked before use.
        unsafe {
            let (from, to) = ((*item).parent, (*place).parent);
            if from.is_null() || to.is_null() {
                return;
            }
            let (mut previous, mut sibling): (*mut abi::Node, _) = (ptr::null_mut(), (*from).first_child);
            while sibling != item {
                if sibling.is_null() {
                    return;
                }
                previous = sibling;
                sibling = (*sibling).next;
            }
            match previous.as_mut() {
                Some(previous) => previous.next = (*item).next,
                None => (*from).first_child = (*item).next,
            }
            if (*from).last_child == item {
                (*from).last_child = previous;
            }
            (*item).next = (*place).next;
            (*item).parent = to;
            (*place).next = item;
            if (*to).last_child == place {
                (*to).last_child = item;
            }
        }
    }
}

/// The host limits the depth of a tree itself; this one only guards the stack.
const MAX_DEPTH: usize = 200;

/// The field of a node.
struct NodeFieldRef(NonNull<NodeField>);

impl NodeFieldRef {
    fn info(&self) -> *const FieldInfo {
        // SAFETY: it comes from a node of the tree of the packet that is being dissected.
        unsafe { self.0.as_ref() }.info
    }

    fn start(&self) -> usize {
        // SAFETY: as in `info`.
        usize::try_from(unsafe { self.0.as_ref() }.start).unwrap_or(usize::MAX)
    }

    /// The octets that it shows, by their place in the frame.
    fn octets(&self) -> std::ops::Range<usize> {
        // SAFETY: as in `info`.
        let length = usize::try_from(unsafe { self.0.as_ref() }.length).unwrap_or(0);
        self.start()..self.start().saturating_add(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root with two children, which have as many children as asked for; the tree is never freed.
    fn tree(children: [usize; 2]) -> (*mut abi::Node, [Vec<*mut abi::Node>; 2]) {
        let root = node();
        let below = children.map(|count| {
            let child = adopt(root);
            (0..count).map(|_| adopt(child)).collect()
        });
        (root, below)
    }

    #[test]
    fn a_moved_node_is_gone_from_where_it_was_and_follows_its_new_place() {
        for (from, to) in [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)] {
            let (root, [left, right]) = tree([3, 3]);
            Node(left[from]).move_behind(Node(right[to]));

            let mut expected = [left.clone(), right.clone()];
            expected[0].remove(from);
            expected[1].insert(to + 1, left[from]);
            assert_eq!(below(root), expected, "{from} behind {to}");
        }
    }

    #[test]
    fn an_only_child_and_a_sibling_can_be_moved() {
        let (root, [left, right]) = tree([1, 2]);
        Node(left[0]).move_behind(Node(right[1]));
        Node(right[0]).move_behind(Node(left[0]));
        assert_eq!(below(root), [vec![], vec![right[1], left[0], right[0]]]);
    }

    #[test]
    fn a_root_is_not_moved() {
        let (root, [left, _]) = tree([1, 0]);
        Node(root).move_behind(Node(left[0]));
        assert_eq!(below(root), [left, vec![]]);
    }

    /// The grandchildren, by child; checks every link on the way.
    fn below(root: *mut abi::Node) -> [Vec<*mut abi::Node>; 2] {
        let children = children(root);
        [self::children(children[0]), self::children(children[1])]
    }

    fn children(parent: *mut abi::Node) -> Vec<*mut abi::Node> {
        let children: Vec<_> = Node(parent).children().map(|node| node.0).collect();
        // SAFETY: the nodes are made below and live on.
        unsafe {
            assert!(children.iter().all(|child| (**child).parent == parent));
            assert_eq!((*parent).last_child, children.last().copied().unwrap_or(ptr::null_mut()));
        }
        children
    }

    fn adopt(parent: *mut abi::Node) -> *mut abi::Node {
        let child = node();
        // SAFETY: as in `children`.
        unsafe {
            (*child).parent = parent;
            match (*parent).last_child.as_mut() {
                Some(last) => last.next = child,
                None => (*parent).first_child = child,
            }
            (*parent).last_child = child;
        }
        child
    }

    fn node() -> *mut abi::Node {
        let none = ptr::null_mut();
        Box::leak(Box::new(abi::Node { first_child: none, last_child: none, next: none, parent: none }))
    }
}
