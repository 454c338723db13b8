package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/core/dialog"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
	"github.com/frontdesk-im/frontdesk/flows"
)

// evalCommand measures the understanding on labelled questions (label<TAB>text per line).
func evalCommand() *cobra.Command {
	var train, test, oos, dir string
	var asJSON, plain, clean bool
	var folds, slips int
	var opt match.Options
	c := &cobra.Command{
		Use:   "eval --train T.tsv [--test X.tsv] [--oos O.tsv] | --flows DIR",
		Short: "measure how well the bot understands / 测量机器人的理解能力",
		Long: `Trains on label<TAB>text lines, one entry per label, with the settings of service, and measures on others. Without --test
the script is asked its own samples by cross-validation, and the entries that are taken for each other are named.

用“标签<TAB>文字”训练（每个标签一个条目），按上线时的设置测量。不给 --test 时做交叉验证，并列出容易混淆的条目。`,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := eval.Test{Options: opt, Now: time.Now, Plain: plain, Clean: clean, Typos: slips}
			if slips < 0 || slips > 0 && test == "" {
				return errors.New("--typos wants a number of slips and --test / --typos 需要一个个数，并与 --test 一起使用")
			}
			var err error
			if t.Entries, err = evalEntries(train, dir); err != nil {
				return err
			}
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
	f.StringVar(&dir, "flows", "", "a folder of scripts to train on instead of --train")
	f.StringVar(&test, "test", "", "labelled questions to measure on; without it: cross-validation")
	f.StringVar(&oos, "oos", "", "questions that no entry answers (any label)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&plain, "plain", false, "measure the model that serves before the background training is done")
	f.BoolVar(&clean, "clean", false, "first leave out the samples that check --lint would move, rewrite or delete")
	f.IntVar(&slips, "typos", 0, "slips of the keyboard made in each question of --test: left out, doubled, exchanged, mistyped")
	f.IntVar(&folds, "folds", 5, "parts of the cross-validation")
	f.Float64Var(&opt.Answer, "answer", 0, "answer from this probability on (default 0.5)")
	f.Float64Var(&opt.Clarify, "clarify", 0, "ask back from this probability on (default 0.3)")
	return c
}

// evalEntries are those of a labelled file or of a folder of scripts.
func evalEntries(train, dir string) ([]match.Entry, error) {
	if (train == "") == (dir == "") {
		return nil, errors.New("give either --train, a file with label<TAB>text lines, or --flows, a folder of scripts / 请给出 --train 或 --flows 之一")
	}
	if dir == "" {
		lines, err := readLines(train)
		return eval.Entries(lines), err
	}
	b, err := dialog.Load(os.DirFS(dir), dialog.Options{Base: flows.FS})
	if err != nil {
		return nil, placed(err, dir)
	}
	return b.Entries(), nil
}

// readLines of a file, which must have some; no name, no lines.
func readLines(name string) (lines []eval.Line, err error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if lines, err = eval.Read(f, name); err == nil && len(lines) == 0 {
		err = fmt.Errorf("%s:1: no label<TAB>text lines / 没有“标签<TAB>文字”", name)
	}
	return lines, err
}
