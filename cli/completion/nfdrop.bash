# bash completion for nfdrop                               -*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "nfdrop __complete" says what can stand there; here are only the shell's ways
# of cutting and quoting. Names of tables and the like are quoted or left out:
# nothing of what nfdrop says is ever evaluated.

# _nfdrop_unquote RAW: the word that the shell would make of it, as far as it was
# typed, without expansions. Sets text; head, the part of text that readline
# leaves alone, since it ends in a character where it cuts words or in a quote;
# quote, the quote that is open; and closed, whether one was.
_nfdrop_unquote()
{
	local raw=$1 i c
	text='' head='' quote='' closed=''
	for ((i = 0; i < ${#raw}; i++)); do
		c=${raw:i:1}
		if [[ $quote == "'" && $c != "'" ]]; then
			text+=$c
		elif [[ $quote && $c == "$quote" ]]; then
			quote='' closed=yes
		elif [[ $c == \\ ]]; then
			i=$((i + 1))
			# In double quotes it stays before most characters.
			[[ $quote && ${raw:i:1} != [\"\\\$\`] ]] && text+=$c
			text+=${raw:i:1}
		elif [[ $quote ]]; then
			text+=$c
		elif [[ $c == [\"\'] ]]; then
			quote=$c head=$text
		else
			text+=$c
			[[ $COMP_WORDBREAKS == *"$c"* ]] && head=$text
		fi
	done
}

# What was typed, by words: bash cuts at "=" and ":" too. Sets words, raw still,
# up to the cursor.
_nfdrop_words()
{
	local rest=${COMP_LINE:0:COMP_POINT} word blank i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		blank=${rest%%[![:space:]]*}
		rest=${rest:${#blank}}
		word=$rest
		((i < COMP_CWORD)) && word=${COMP_WORDS[i]}
		rest=${rest:${#word}}
		if [[ $i -gt 0 && -z $blank ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
	done
}

_nfdrop()
{
	local words text head quote closed word answer
	COMPREPLY=()
	_nfdrop_words
	local plain=()
	for word in "${words[@]:1}"; do
		_nfdrop_unquote "$word"
		plain+=("$text")
	done
	# What follows a closed quote, readline cuts in ways of its own.
	[[ $closed ]] && return
	mapfile -t answer < <(command nfdrop __complete "${plain[@]}" 2>/dev/null)
	case ${answer[0]-} in
	files)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "${text:${#head}}")
		return
		;;
	words) ;;
	*) return ;;
	esac
	for word in "${answer[@]:1}"; do
		word=${word%%$'\t'*}
		word=${word:${#head}}
		if [[ -z $quote ]]; then
			printf -v word %q "$word"
		elif [[ $word == *[\'\"\\\$\`!]* ]]; then
			continue
		fi
		COMPREPLY+=("$word")
	done
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
	return 0
}

complete -F _nfdrop nfdrop
