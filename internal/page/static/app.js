// app: placeholder until the views arrive.
