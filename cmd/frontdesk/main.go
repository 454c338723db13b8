// Command frontdesk answers customers who write on many platforms, from scripts
// and through people.
//
// This file is flags only; see app.go for what serve does.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "time/tzdata" // opening hours work on machines without a zone database

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/config"
)

func main() { os.Exit(start(os.Args[1:])) }

// start runs a command and returns the exit code.
func start(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { force() })
	cmd := rootCommand()
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(ctx); err != nil {
		complain(err)
		return 1
	}
	return 0
}

// force ends the process at the next signal: the first asked politely. Some
// supervisors send the first twice, to the process and to its group.
func force() {
	first := time.Now()
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	go func() {
		for range again {
			if time.Since(first) < time.Second {
				continue
			}
			fmt.Fprintln(os.Stderr, "frontdesk: stopped at once; what was under way is taken up at the next start")
			os.Exit(130)
		}
	}()
}

// complain writes an error for people: every problem on a line of its own.
func complain(err error) {
	if errors.Is(err, errSaid) {
		return
	}
	var ps *config.Problems
	text := cover(err.Error())
	if errors.As(err, &ps) || strings.Contains(text, "\n") {
		fmt.Fprintln(os.Stderr, text)
		return
	}
	fmt.Fprintln(os.Stderr, "frontdesk:", text)
}

// errSaid ends a command that has said what is wrong.
var errSaid = errors.New("see above")

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "frontdesk",
		Short:         "Answer customers who write on many platforms, from scripts and through people",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.SetVersionTemplate("frontdesk {{.Version}}\n")
	root.AddCommand(serveCommand(), chatCommand(), checkCommand(), testCommand(), doctorCommand(), readyCommand(), backupCommand(), evalCommand(), qrCommand(), versionCommand())
	return root
}

// flags that several commands share.
func (s *setup) flags(c *cobra.Command) {
	c.Flags().StringVar(&s.Config, "config", "", "configuration file; without one: a web chat, an inbox and the demo scripts")
	c.Flags().StringVar(&s.Listen, "listen", "", "address to serve on (default 127.0.0.1:8080)")
	c.Flags().StringVar(&s.Data, "data", "", "folder of everything that is kept (default ./data)")
	c.Flags().StringVar(&s.Flows, "flows", "", "folder of scripts (default the demo's)")
}

func serveCommand() *cobra.Command {
	var s setup
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve customers and staff until SIGTERM; SIGHUP loads the scripts again",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s.Out, s.Err, s.Reload = c.OutOrStdout(), c.ErrOrStderr(), hangups(c.Context())
			return serve(c.Context(), s)
		},
	}
	s.flags(c)
	return c
}

// hangups passes on SIGHUP until ctx is done.
func hangups(ctx context.Context) <-chan struct{} {
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGHUP)
	out := make(chan struct{}, 1)
	go func() {
		defer signal.Stop(sig)
		for {
			select {
			case <-ctx.Done():
				return
			case <-sig:
				select {
				case out <- struct{}{}:
				default: // one is waiting already
				}
			}
		}
	}()
	return out
}

func checkCommand() *cobra.Command {
	var s setup
	c := &cobra.Command{
		Use:   "check",
		Short: "Read the configuration and the scripts and report every fault as file:line",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return check(c.OutOrStdout(), s) },
	}
	c.Flags().StringVar(&s.Config, "config", "", "configuration file; without one: the built-in configuration")
	c.Flags().StringVar(&s.Flows, "flows", "", "folder of scripts, instead of the configuration's")
	c.Flags().BoolVar(&s.Lint, "lint", false, "also look for samples and entries of the scripts that get in each other's way")
	return c
}

func doctorCommand() *cobra.Command {
	var s setup
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would keep frontdesk from working on this machine, with a fix for each",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return doctor(c.Context(), c.OutOrStdout(), s) },
	}
	s.flags(c)
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "frontdesk "+version())
			return err
		},
	}
}
