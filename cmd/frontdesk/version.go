package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker: -X main.release=v1.2.3.
var release = ""

// version names the build: the release, else the commit, else dev.
func version() string {
	v := release
	if b, ok := debug.ReadBuildInfo(); ok && v == "" {
		v = "dev"
		if b.Main.Version != "" && b.Main.Version != "(devel)" {
			v = b.Main.Version
		} else {
			v += revision(b.Settings)
		}
	}
	return fmt.Sprintf("%s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func revision(settings []debug.BuildSetting) (out string) {
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			out = "-" + s.Value[:12] + out
		case s.Key == "vcs.modified" && s.Value == "true":
			out += "+changes"
		}
	}
	return out
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version / 显示版本",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "frontdesk "+version())
			return err
		},
	}
}
