# Stops process groups when the process that owns them is gone.
#
# Its owner holds the other end of stdin and writes "+ GROUP" for each process group it
# starts and "- GROUP" for each it has stopped. End of file means that the owner ended,
# in whatever way: what is still listed is stopped, the newest first, and the folder
# named by the first argument is removed. Each gets as many seconds after SIGTERM as the
# second argument says, then SIGKILL: an API server that lost its etcd ignores SIGTERM
# for minutes.
#
# It runs in a process group of its own, so a Ctrl-C in the terminal does not reach it.
trap '' HUP INT TERM
groups=
while read -r sign group; do
  case $sign in
  +) groups="$group $groups" ;;
  -)
    kept=
    for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
    groups=$kept
    ;;
  esac
done

for group in $groups; do
  kill -s TERM -- "-$group" 2>/dev/null || continue
  left=$(($2 * 10)) # tenths of a second
  while kill -s 0 -- "-$group" 2>/dev/null; do
    left=$((left - 1))
    if [ "$left" -eq 0 ]; then
      kill -s KILL -- "-$group" 2>/dev/null
      break
    fi
    sleep 0.1
  done
done
[ -z "$1" ] || rm -rf -- "$1"
