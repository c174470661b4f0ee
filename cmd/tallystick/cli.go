package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"tallystick/internal/config"
	"tallystick/internal/statsock"
)

// patient is how long a command waits for a stats socket and for an answer of it.
const patient = 10 * time.Second

// runCLI says to the stats socket what stands behind it, or what its input has, or what is typed.
func runCLI(args []string, stdout, stderr io.Writer) int {
	f := newFlags("cli", "cli [-s SOCKET] [-f FILE] [COMMAND...]\n"+
		"Says COMMAND to a running tallystick; without one, what the standard input has. \"help\" lists the commands.", stderr)
	where := socketFlags(f)
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := talk(ctx, where, strings.Join(f.Args(), " "), os.Stdin, stdout); err != nil {
		fmt.Fprintf(stderr, "tallystick cli: %v\n", err)
		return exitFailure
	}
	return exitGood
}

// talk passes what in has to the socket and its answers to out. A command stands for the input.
func talk(ctx context.Context, where *socket, command string, in *os.File, out io.Writer) error {
	a, err := where.address()
	if err != nil {
		return err
	}
	c, err := statsock.Open(ctx, a, patient)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	input := io.Reader(in)
	switch {
	case command != "":
		input = strings.NewReader(command + "\n")
	case isTerminal(in):
		input = io.MultiReader(strings.NewReader("prompt\n"), in)
	}
	go func() { // it ends with the connection, or with the program
		_, _ = io.Copy(c, input)
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	_, err = io.Copy(out, c)
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(err, c.Close())
}

// socket is which stats socket a command is about.
type socket struct {
	addr  string
	files many
}

// socketFlags are the options of every command that asks a running program.
func socketFlags(f *flag.FlagSet) *socket {
	s := &socket{}
	f.StringVar(&s.addr, "s", os.Getenv("TALLYSTICK_SOCKET"), "stats `SOCKET`: a path, ip:port, or ssh://[user@]host[:port]/path;\nthe default is $TALLYSTICK_SOCKET, or the first of the configuration")
	f.Var(&s.files, "f", "configuration `FILE` that has the stats socket line (default "+defaultFile+")")
	return s
}

// address is what -s says, else the first stats socket of the configuration.
func (s *socket) address() (statsock.Address, error) {
	if s.addr != "" {
		return statsock.ParseAddress(s.addr)
	}
	names := []string(s.files)
	if len(names) == 0 {
		names = []string{defaultFile}
	}
	read, err := config.Disk{ReadFile: os.ReadFile, ReadDir: os.ReadDir}.Read(names)
	if err != nil {
		return statsock.Address{}, fmt.Errorf("%w; name the stats socket with -s, or the configuration with -f", err)
	}
	c, _ := config.Parse(read, config.Options{Lookup: os.LookupEnv, Name: "local"})
	if c == nil {
		return statsock.Address{}, fmt.Errorf("%s has mistakes, see tallystick -c; name the stats socket with -s", strings.Join(names, " "))
	}
	for _, line := range c.Global.Stats {
		switch a := line.Addr; {
		case a.Network == config.Unix:
			return statsock.Address{Network: "unix", Addr: a.Path}, nil
		case a.Network != config.FD: // which nobody but the program itself has
			if a.Host == "" {
				a.Host = "localhost"
			}
			return statsock.Address{Network: "tcp", Addr: a.Dial()}, nil
		}
	}
	return statsock.Address{}, fmt.Errorf("%s has no 'stats socket' line in 'global'; name the socket with -s", strings.Join(names, " "))
}
