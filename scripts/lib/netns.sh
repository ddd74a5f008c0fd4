# shellcheck shell=bash
# Sourced after common.sh: network namespaces and TAPs that are gone when the script ends.

made_namespaces=()

make_namespace() {
  ip netns add "$1" || die "cannot make the network namespace $1 (ip netns add)"
  made_namespaces+=("$1")
  # The host's side stays silent: a capture then holds only what was sent on purpose.
  # shellcheck disable=SC2016 # the inner shell's variable
  ip netns exec "$1" bash -c 'for f in /proc/sys/net/ipv6/conf/{all,default}/disable_ipv6; do [[ ! -e $f ]] || echo 1 > "$f"; done'
  ip -n "$1" link set lo up
}

# make_tap NAMESPACE NAME [ADDRESS/PREFIX]
make_tap() {
  ip -n "$1" tuntap add "$2" mode tap vnet_hdr || die "cannot make the TAP $2 (is the kernel's tun driver there?)"
  [[ -z ${3-} ]] || ip -n "$1" addr add "$3" dev "$2"
  ip -n "$1" link set "$2" up
}

remove_namespaces() {
  local name
  for name in ${made_namespaces[@]+"${made_namespaces[@]}"}; do
    ip netns del "$name" 2> /dev/null || true
  done
  made_namespaces=()
}
