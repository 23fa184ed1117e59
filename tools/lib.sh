# What tools/demo, tools/test, tools/bench and tools/oracle/check share: where the checkout is, and installing what they need.
# shellcheck shell=sh

set -eu
cd "$(dirname "$0")/${ROOT:-..}"

YES=${CI:+yes}

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf '%s: %s\n' "$0" "$*" >&2; exit 3; }

# The Debian packages behind the programs that are not there yet.
missing_packages() {
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || printf ' %s' "${pair#*:}"
    done
}

# install PROGRAM:PACKAGE...: installs with apt what is missing; asks first, unless --yes was given or CI is set.
install() {
    packages=$(missing_packages "$@")
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null 2>&1 || die "needs$packages, and there is no apt-get to install them: install them by hand"
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || die "needs$packages, and there is no sudo to install them with: install them as root"
        sudo=sudo
    fi
    say "this needs packages that are not installed:$packages"
    if [ -z "$YES" ]; then
        [ -t 0 ] || die "start it with --yes to have them installed by apt, or install them first"
        printf 'Install them with "%s apt-get install"? [y/N] ' "$sudo"
        read -r answer
        case $answer in [yY]*) ;; *) die "not installed, so there is nothing more to do" ;; esac
    fi
    $sudo apt-get update -qq
    # Not to be asked whether others may capture: reading captures needs no rights.
    # shellcheck disable=SC2086 # one word a package
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    say "installed:$packages"
}

need_rust() {
    command -v cargo >/dev/null 2>&1 || PATH=$HOME/.cargo/bin:$PATH
    command -v cargo >/dev/null 2>&1 || die "needs Rust: https://rustup.rs"
    install cc:gcc cc:libc6-dev
}

# PyPCAPKit, a decoder written by others, in out/oracle, from PyPI.
need_pypcapkit() {
    install python3:python3
    if [ ! -x out/oracle/bin/pip ]; then
        python3 -c 'import ensurepip' 2>/dev/null || install ensurepip:python3-venv
        python3 -m venv out/oracle
    fi
    out/oracle/bin/pip install -q --disable-pip-version-check --pre pypcapkit==1.5.0b14
}
