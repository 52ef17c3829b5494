# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# rulesets.sh - what the cases share that load the rulesets of other programs;
# sourced after lib.sh.

# Of lib.sh, and of and for the cases.
# shellcheck disable=SC2154,SC2034
texts=$top/tests/guest/texts

# enter ROOT: so that programs run in a root that tests/guest/debian made.
enter() {
	local name

	# What packages' scripts would have done.
	for name in proc sys dev run; do
		mkdir -p "$1/$name"
		mount --rbind /$name "$1/$name"
	done
	mkdir -p "$1/var/log" "$1/tmp"
	rm -rf "$1/var/run"
	ln -s /run "$1/var/run"
	cp /etc/passwd /etc/group /etc/hosts "$1/etc/"
	for name in messagebus libvirt-dnsmasq libvirt-qemu; do
		useradd --root "$1" --system $name 2>/dev/null || :
	done
}

# nft_tables_with_xt: those with matches or targets of x_tables.
nft_tables_with_xt() {
	nft -j list ruleset 2>/dev/null | jq -r '.nftables[].rule |
		select(. and any(.expr[]; has("xt"))) |
		"\(.family) \(.table)"' | sort -u
}

# list_rules: as texts check wants them.
list_rules() {
	local family table

	nft -a -s list ruleset 2>/dev/null
	while read -r family table; do
		"${family}tables-nft-save" -t "$table"
	done < <(nft_tables_with_xt)
	iptables-legacy-save
	ip6tables-legacy-save
}

texts_known() {
	[ "$(field '.ruleset | "\(.state) \(.texts) \(.rules)"')" = \
		"current $1 $1" ] || return
	# Of tables of iptables-nft, nft's may come first.
	nfdrop rules --all --json=short >$run/all
	"$texts" known $run/listing $run/all >$run/unknown
}

# soon COMMAND...: whether it succeeds within 30 seconds.
soon() {
	local end=$((SECONDS + 30))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# drops WHAT RULES PACKETS COMMAND...: which sends; at least that many are
# dropped, by at least that many rules.
drops() {
	local what=$1 rules=$2 packets=$3 n
	shift 3
	list_rules >$run/listing
	# But chains and tables, each with its handle as well.
	n=$(grep -c $'^\t\t.* # handle [0-9]*$' $run/listing || :)
	soon texts_known "$n" || {
		cat $run/unknown >&2
		fail "$what: texts of $n rules, $(field .ruleset)"
	}
	start_monitor $run/events --json=short --kind=nft-rule --kind=xt-rule
	"$@"
	arrived() {
		[ "$(wc -l <$run/events)" -ge "$packets" ]
	}
	soon arrived || fail "$what: instead of $packets drops only those of" \
		"$(jq -r '.packet | "\(.saddr)-\(.daddr):\(.dport)"' \
			$run/events | xargs)"
	kill "$monitor"
	"$texts" check $run/listing $run/events "$rules" ||
		fail "$what: see above"
	echo "ok - $what, $n rules of nf_tables"
	remember_counters
}

# remember_counters: before the rules go. Of x_tables they are by number: counts
# are compared before the numbers change.
remember_counters() {
	nft -j list ruleset 2>/dev/null
	iptables-legacy-save -c
	ip6tables-legacy-save -c
} >>$run/counters

same_counts() {
	remember_counters
	nfdrop rules --json=short >$run/counts
	"$texts" counts $run/counters $run/counts >$run/compared
}

# check_counts WHAT: of all rules so far, as soon as the kernel told the last.
check_counts() {
	soon same_counts || {
		cat $run/compared >&2
		fail "$1"
	}
	cat $run/compared
	echo "ok - $1"
}

# count_all: gives every rule of nf_tables that drops a counter. Their handles
# change, of rules and of tables.
count_all() {
	nft -s list ruleset | "$texts" counted >$run/counted
	remember_counters
	nft flush ruleset
	nft -f $run/counted
}
