package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
)

// evalCommand measures the understanding on labelled questions (label<TAB>text per line).
func evalCommand() *cobra.Command {
	var train, test, oos string
	var asJSON, plain bool
	var folds int
	var opt match.Options
	c := &cobra.Command{
		Use:   "eval --train T.tsv [--test X.tsv] [--oos O.tsv]",
		Short: "measure how well the bot understands / 测量机器人的理解能力",
		Long: `Trains on label<TAB>text lines, one entry per label, with the settings of service, and measures on others. Without --test
the script is asked its own samples by cross-validation, and the entries that are taken for each other are named.

用“标签<TAB>文字”训练（每个标签一个条目），按上线时的设置测量。不给 --test 时做交叉验证，并列出容易混淆的条目。`,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if train == "" {
				return errors.New("--train is missing: a file with label<TAB>text lines / 缺少 --train")
			}
			lines, err := readLines(train)
			if err != nil {
				return err
			}
			t := eval.Test{Entries: eval.Entries(lines), Options: opt, Now: time.Now, Plain: plain}
			if t.OOS, err = readLines(oos); err != nil {
				return err
			}
			var r eval.Report
			if test == "" {
				if oos != "" {
					return errors.New("--oos needs --test / --oos 需要与 --test 一起使用")
				}
				r, err = eval.Cross(cmd.Context(), t, folds)
			} else if t.Test, err = readLines(test); err == nil {
				r, err = eval.Run(cmd.Context(), t)
			}
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			return r.Print(cmd.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVar(&train, "train", "", "labelled questions to train on")
	f.StringVar(&test, "test", "", "labelled questions to measure on; without it: cross-validation")
	f.StringVar(&oos, "oos", "", "questions that no entry answers (any label)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&plain, "plain", false, "measure the model that serves before the background training is done")
	f.IntVar(&folds, "folds", 5, "parts of the cross-validation")
	f.Float64Var(&opt.Answer, "answer", 0, "answer from this probability on (default 0.5)")
	f.Float64Var(&opt.Clarify, "clarify", 0, "ask back from this probability on (default 0.3)")
	return c
}

// readLines of a file; no name, no lines.
func readLines(name string) (lines []eval.Line, err error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return eval.Read(f, name)
}
