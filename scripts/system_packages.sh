#!/bin/sh
# The programs the tests run against. Installs what is missing where apt may be used; names it and fails elsewhere.
# With "office": LibreOffice's Calc alone, which is large and which few tests need. With "tour": Chromium's own words in
# Latvian, without which its fields write dates as in America.
set -eu

wanted=${1:-}

have() {
    command -v "$1" >/dev/null 2>&1
}

have_postgresql() {
    have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

missing_packages() {
    if [ "$wanted" = office ]; then
        have soffice || echo libreoffice-calc
        return
    fi
    if [ "$wanted" = tour ]; then
        [ ! -d /usr/lib/chromium/locales ] || [ -e /usr/lib/chromium/locales/lv.pak ] || echo chromium-l10n
        return
    fi
    have chromium || have chromium-browser || have google-chrome || echo chromium
    have firefox-esr || have firefox || echo firefox-esr
    have_postgresql || echo postgresql
    have redis-server || echo redis-server
    have turnserver || echo coturn
    have ip || echo iproute2
    have unshare || echo util-linux
    have gcc || echo gcc libc6-dev
    have Xvfb || echo xvfb
}

list_missing() {
    missing_packages | tr '\n' ' ' | sed 's/ $//'
}

missing=$(list_missing)
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
fi
if have apt-get && $as_root true 2>/dev/null; then
    echo "==> Installing for the tests: $missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086  (a list of packages)
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
    missing=$(list_missing)
fi
if [ -n "$missing" ]; then
    echo "The tests need these programs, which are not installed: $missing" >&2
    echo "On Debian and Ubuntu, as root: apt install $missing" >&2
    exit 1
fi
