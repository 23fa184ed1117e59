#!/bin/sh
# Does at an implementation what a test case asks for. Copy it, and put your commands in the place of `dmm ctl`. In the profile:
#
#   triggers:
#     all: {exec: {run: [./adaptor.sh, cmd.yaml, "{action}"], timeout: 10s}}
#
#   adaptor.sh NODE caps      prints the actions that it can do
#   adaptor.sh NODE state     prints what the implementation holds
#   adaptor.sh NODE ACTION    does it, and ends when it is done
#
# What is known of an action is in the environment: DMM_MN_NAI and DMM_MN_MAC say which mobile node, DMM_AT_NAME and DMM_AT_ADDR
# at which role of the tester (empty: at the implementation), DMM_CONFIG which settings. It ends with 0 when it is done, with 69
# when the implementation cannot do that, so that the case does not apply, and otherwise when it did not work, so that the case is
# inconclusive; the last line on standard error says why.
set -eu

[ $# = 2 ] || { echo "usage: $0 NODE ACTION" >&2; exit 64; }
node=$1
action=$2
ctl() { "${DMM:-dmm}" ctl "$node" "$@"; }

case $action in
    caps) echo attach detach restart dump-state ;;
    state | dump-state) ctl dump ;;
    attach)
        [ -z "${DMM_AT_NAME:-}" ] || { echo "attaching elsewhere than at the implementation" >&2; exit 69; }
        ctl attach "$DMM_MN_NAI"
        ;;
    detach) ctl detach "$DMM_MN_NAI" ;;
    restart) ctl restart ;;
    *) echo "no way to do $action" >&2; exit 69 ;;
esac
