# SPDX-License-Identifier: MIT
# bash: completes sidecar-plan, and xl-vnuma as xl is completed.

_sidecar_plan()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options

	case $prev in
	-r | --root) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	-x | --xen) mapfile -t COMPREPLY < <(compgen -W "4.17 4.20" -- "$cur"); return ;;
	esac
	if [[ $cur == -* ]]; then
		options=$(sidecar-plan --help | sed -nE 's/^ .*(--[a-z0-9-]+).*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F _sidecar_plan sidecar-plan
! declare -F _xl >/dev/null || complete -F _xl xl-vnuma
