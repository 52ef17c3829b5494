# SPDX-License-Identifier: GPL-2.0-or-later
#
# fish completion for nfdrop. "nfdrop __complete" says what can stand there, and
# fish quotes it: nothing of what nfdrop says is ever evaluated.

function __nfdrop_complete
	set -l words (commandline -opc)
	set -l token (commandline -ct)
	set -l word (string unescape -- $token)
	or set word (string replace -r -- "^(--[a-z-]+=|)['\"]" '$1' "$token")
	set -l answer (command nfdrop __complete $words[2..-1] "$word" 2>/dev/null)
	switch "$answer[1]"
		case files
			set -l before (string match -r -- '^--[a-z-]+=' "$word")
			set -l path (string replace -r -- '^--[a-z-]+=' '' "$word")
			for file in (__fish_complete_path "$path")
				printf '%s%s\n' "$before" "$file"
			end
		case words
			for line in $answer[2..-1]
				printf '%s\n' "$line"
			end
	end
end

complete -c nfdrop -f -a '(__nfdrop_complete)'
