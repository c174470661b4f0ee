" Vim itself takes *.cfg for something else, so it is set and not only proposed.
autocmd BufRead,BufNewFile */etc/tallystick/*.cfg,tallystick*.cfg set filetype=tallystick
