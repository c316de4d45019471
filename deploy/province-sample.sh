#!/usr/bin/env bash
# Plays the province for the quickstart: reads the packages in an outbox (profile hebei-default) and prints the feedback
# file with which it answers them: every tenth row is refused, the others are accepted.
set -euo pipefail

outbox=${1:?usage: province-sample.sh OUTBOX}
printf '\xef\xbb\xbfBH,XH,JLBS,JG,YYDM,YY\r\n'
for head in "$outbox"/*.head; do
    value() { sed -n "s/^$1=//p" "$head" | tr -d '\r'; }
    package=$(value BH)
    body=$outbox/$(value WJ)
    [ "$(sha256sum "$body" | cut -d' ' -f1)" = "$(value ZY)" ] || {
        echo "province-sample: $body does not fit the hash in its header" >&2
        exit 1
    }
    # Rows begin with their number, action and record; a quoted cell may span lines, so only such lines count.
    sed -n 's/^"\?\([0-9]\{1,\}\)"\?,"\?[AUD]"\?,"\?\([0-9a-f]\{32\}\)"\?,.*/\1 \2/p' "$body" |
        while read -r row record; do
            if [ $((row % 10)) -eq 0 ]; then
                printf '%s,%s,%s,0,E07,许可机关代码未备案\r\n' "$package" "$row" "$record"
            else
                printf '%s,%s,%s,1,,\r\n' "$package" "$row" "$record"
            fi
        done
done
