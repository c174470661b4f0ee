" Vim syntax file for tallystick.cfg(5). A test holds the words against those of the program.
if exists("b:current_syntax")
  finish
endif

syntax case match
syntax iskeyword @,48-57,_,-

" Sections begin at the beginning of a line.
syntax match tallystickSection /^\s*\zs\(global\|aggregations\)\ze\(\s\|$\)/ nextgroup=tallystickRest

" What a line begins with, in either section.
syntax match tallystickStatement /^\s*\zs\(stats\s\+socket\|bind\|source\|cpu-map\|dynamic-peers\|hash-table\|trash-batch\|log\|http\)\ze\(\s\|$\)/ nextgroup=tallystickRest
syntax match tallystickStatement /^\s*\zs\(from\|forward\|peer\|server\|warmup\|push-interval\|allow\|mode\|restore\|shard\|max-entries\|max-tables\)\ze\(\s\|$\)/ nextgroup=tallystickRest

" Words that stand further on in lines.
syntax keyword tallystickOption contained accept-no-suffix admin allow auth ca-file crt dial down format group level local max mode no-ascend no-feedback observe peers ssl to up use_aggrs user verify verifyhost verifyname
syntax keyword tallystickValue contained any all none optional required user operator admin text json logfmt emerg alert crit err warning notice info debug stderr stdout on off
syntax match tallystickNumber /\<\d\+\(us\|ms\|s\|m\|h\|d\|k\|g\)\?\>/ contained
syntax match tallystickAddress /\<\d\+\.\d\+\.\d\+\.\d\+\(:\d\+\|\/\d\+\)\?/ contained
syntax region tallystickRest contained keepend start=/\s/ end=/\\\@<!$/ contains=tallystickOption,tallystickValue,tallystickNumber,tallystickAddress,tallystickString,tallystickComment,tallystickVariable,tallystickSuffix

syntax match tallystickSuffix /\(\s\|,\)\zs\.[A-Za-z0-9_-]\+/ contained
syntax match tallystickVariable /\$\({[^}]*}\|\w\+\)/ contained
syntax region tallystickString start=/"/ skip=/\\./ end=/"/ contained contains=tallystickVariable
syntax region tallystickString start=/'/ end=/'/ contained
syntax match tallystickComment /\(^\|\s\)\zs#.*$/ contains=tallystickTodo
syntax keyword tallystickTodo contained TODO FIXME XXX

highlight default link tallystickSection Structure
highlight default link tallystickStatement Statement
highlight default link tallystickOption Keyword
highlight default link tallystickValue Constant
highlight default link tallystickNumber Number
highlight default link tallystickAddress Number
highlight default link tallystickSuffix Identifier
highlight default link tallystickVariable PreProc
highlight default link tallystickString String
highlight default link tallystickComment Comment
highlight default link tallystickTodo Todo

let b:current_syntax = "tallystick"
