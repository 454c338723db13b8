package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
	"github.com/frontdesk-im/frontdesk/core/match"
	"github.com/frontdesk-im/frontdesk/core/match/eval"
)

// An exam is what eval is asked to measure.
type exam struct {
	train, test, oos string
	from             app.Settings
	plain, clean     bool
	folds, slips     int
	draw             eval.Draw
	draws            int
	opt              match.Options
}

// figures are what was measured, to be printed as text or JSON.
type figures interface{ Print(io.Writer) error }

// evalCommand measures the understanding on labelled questions (label<TAB>text per line).
func evalCommand() *cobra.Command {
	var x exam
	asJSON := false
	c := &cobra.Command{
		Use:   "eval --train T.tsv | --flows DIR | --config FILE [--test X.tsv] [--oos O.tsv]",
		Short: "Measure how well the bot understands / 测量机器人的理解能力",
		Long: `Trains on label<TAB>text lines, one entry per label, or on a folder of scripts, with the settings and the model of service,
and measures on the questions of --test. Their label may name several entries (a|b: either is right) or be none (no entry
answers it); a third column may name a class of questions, like in, near or foreign, and what follows is not looked at. With
--flows every question is asked of the whole bot, as a customer would begin a talk with it; "right of all it says" is the share
of its answers that are right. Without --test the script is asked its own samples by cross-validation, and the entries that
are taken for each other are named. With --withhold 5 every fifth entry is left out and asked for nevertheless, with --samples 3
three samples of each entry are learnt from, both drawn --draws times: how often a script of this kind answers what it does not
know, and what it is worth while it is small.

--json has, among others: right_of_all, said (answers to all questions), answered (share answered of the questions that an
entry answers), precision (of those), <class>_answered for every class, classes [{name, tested, answered, said, right}], model.

用“标签<TAB>文字”（每个标签一个条目）或一个话术文件夹训练，阈值和模型与上线时相同，再用 --test 的问题测量。标签可以写几个
条目（a|b，答哪个都算对），也可以写 none（没有条目能回答）；第三列可以写类别，例如 in、near、foreign，再往后的列不看。给出
--flows 时，每个问题都像顾客刚开口那样去问整个机器人；“答出来的有多少是对的”就是它的答案里正确的比例。不给 --test 时做交叉
验证，并列出容易混淆的条目。--withhold 5 每五个条目去掉一个再照问，--samples 3 每个条目只用三个例句，各抽 --draws 次。`,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := x.report(cmd.Context())
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
	f.StringVar(&x.train, "train", "", "labelled questions to train on / 用来训练的带标签的问题")
	f.StringVar(&x.from.Flows, "flows", "", "a folder of scripts to train on instead of --train / 用话术文件夹代替 --train")
	f.StringVar(&x.from.Config, "config", "", "a configuration whose scripts to train on instead of --train / 用这份配置里的话术代替 --train")
	f.StringVar(&x.test, "test", "", "labelled questions to measure on; without it: cross-validation / 用来测量的问题；不给则交叉验证")
	f.StringVar(&x.oos, "oos", "", "more questions that no entry answers (any label) / 更多没有条目能回答的问题（标签不限）")
	f.BoolVar(&asJSON, "json", false, "print JSON / 输出 JSON")
	f.BoolVar(&x.plain, "plain", false, "measure the model that serves before the background training is done / 测量后台训练完成之前的模型")
	f.BoolVar(&x.clean, "clean", false, "first leave out the samples that check --lint would move, rewrite or delete / 先去掉 check --lint 认为该移动、改写或删除的例句")
	f.IntVar(&x.slips, "typos", 0, "slips of the keyboard made in each question of --test: left out, doubled, exchanged, mistyped / --test 的每个问题里加几处错字")
	f.IntVar(&x.draw.Withhold, "withhold", 0, "leave every so many entries one out and ask for it nevertheless / 每多少个条目去掉一个，照样去问")
	f.IntVar(&x.draw.Samples, "samples", 0, "learn from so many samples of each entry only / 每个条目只用这么多例句")
	f.IntVar(&x.draws, "draws", 5, "how often --withhold and --samples draw / --withhold、--samples 抽几次")
	f.IntVar(&x.folds, "folds", 5, "parts of the cross-validation / 交叉验证分几份")
	f.Float64Var(&x.opt.Answer, "answer", 0, "answer from this probability on (default: the script's setting, else 0.5) / 从这个把握开始直接回答（默认按话术的设置，否则 0.5）")
	f.Float64Var(&x.opt.Clarify, "clarify", 0, "ask back from this probability on (default: the script's setting, else 0.3) / 从这个把握开始反问（默认按话术的设置，否则 0.3）")
	return c
}

// report measures.
func (x exam) report(ctx context.Context) (figures, error) {
	t, err := x.asked()
	switch {
	case err != nil:
		return nil, err
	case x.draw != (eval.Draw{}):
		return eval.RunDraws(ctx, t, x.draw, x.draws)
	case x.test == "":
		return eval.Cross(ctx, t, x.folds)
	}
	return eval.Run(ctx, t)
}

// asked is what the flags say is to be measured.
func (x exam) asked() (t eval.Test, err error) {
	if x.draw != (eval.Draw{}) && (x.test == "" || x.train == "") {
		return t, errors.New("--withhold and --samples need --train and --test / --withhold 和 --samples 需要与 --train、--test 一起使用")
	}
	if x.slips < 0 || x.slips > 0 && x.test == "" {
		return t, errors.New("--typos wants a number of slips and --test / --typos 需要一个个数，并与 --test 一起使用")
	}
	if x.oos != "" && x.test == "" {
		return t, errors.New("--oos needs --test / --oos 需要与 --test 一起使用")
	}
	if t, err = evalTest(x.train, x.from); err != nil {
		return t, err
	}
	t.Now, t.Plain, t.Clean, t.Typos = time.Now, x.plain, x.clean, x.slips
	if x.opt.Answer > 0 {
		t.Options.Answer, t.Options.Clarify = x.opt.Answer, 0 // the script's own two go together
	}
	t.Options.Clarify = cmp.Or(x.opt.Clarify, t.Options.Clarify)
	if t.OOS, err = readLines(x.oos); err != nil {
		return t, err
	}
	lines, err := readLines(x.test)
	t.Test = eval.Classed(lines)
	return t, err
}

// evalTest measures the entries of a labelled file, or scripts.
func evalTest(train string, from app.Settings) (eval.Test, error) {
	scripts := from.Flows != "" || from.Config != ""
	if (train != "") == scripts {
		return eval.Test{}, errors.New("give either --train, a file with label<TAB>text lines, or scripts: --flows, a folder, or --config, a configuration that names one / 请给出 --train，或者用 --flows、--config 给出话术")
	}
	if !scripts {
		lines, err := readLines(train)
		return eval.Test{Entries: eval.Entries(lines)}, err
	}
	return app.Measured(from)
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
