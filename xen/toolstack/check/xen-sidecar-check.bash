# SPDX-License-Identifier: MIT
# bash: completes xen-sidecar-check.

# The names of cases, behind those that the word has already
_xen_sidecar_check_cases()
{
	local before=

	[[ $cur != *,* ]] || before=${cur%,*},
	mapfile -t COMPREPLY < <(compgen -P "$before" -W \
		"$(xen-sidecar-check --list 2>/dev/null | cut -d ' ' -f 1)" -- "${cur##*,}")
	compopt -o nospace
}

_xen_sidecar_check()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options

	# bash takes = for a word of its own
	[[ $prev != "=" ]] || prev=${COMP_WORDS[COMP_CWORD - 2]}
	[[ $cur != "=" ]] || { prev=${COMP_WORDS[COMP_CWORD - 1]}; cur=; }
	case $prev in
	-c | --cases) _xen_sidecar_check_cases; return ;;
	-k | --kernel) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	-o | --output) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	esac
	options=$(xen-sidecar-check --help 2>/dev/null | sed -nE 's/^  .*(--[a-z0-9-]+).*/\1/p')
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}
complete -o filenames -F _xen_sidecar_check xen-sidecar-check
