# bash completion for tallystick. What it offers is what the program's own help lists.

_tallystick() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]}
	COMPREPLY=()
	if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} != -* ]]; then
		# A command: its options, from its help. Their values are files, if anything.
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$("$program" "${COMP_WORDS[1]}" -h 2>/dev/null | sed -n 's/^  \(-[a-z-]*\).*/\1/p')" -- "$cur")
		else
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		fi
		return
	fi
	case $prev in
	-f)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -X '!*.cfg' -- "$cur"; compgen -d -- "$cur")
		;;
	-p | -l)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${cur#[AW]:}")
		;;
	-u) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
	-g) mapfile -t COMPREPLY < <(compgen -g -- "$cur") ;;
	-L) ;;
	*)
		local words
		words=$("$program" -h 2>/dev/null | sed -n 's/^  \(-[A-Za-z]*\).*/\1/p')
		if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then
			words=$("$program" -h 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
		fi
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		;;
	esac
}

complete -F _tallystick tallystick
