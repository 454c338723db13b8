package main

import (
	"github.com/spf13/cobra"

	"github.com/frontdesk-im/frontdesk/cmd/app"
)

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Set up a shop of your own: at most twelve questions / 建立自己的店：最多十二个问题",
		Long: `Ask for the shop's name, languages, hours, three questions with their answers, channels,
desk and address, and write frontdesk.yaml, frontdesk.env (secrets) and flows/ into FOLDER
(default: here). Nothing is overwritten.

问店名、语言、上班时间、三个常见问题和答案、渠道、客服在哪里回复、网址，然后在 FOLDER（默认当前文件夹）
里写好 frontdesk.yaml、frontdesk.env（密钥）和 flows/（话术）。已有的文件不会被覆盖。`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return app.Init(c.Context(), c.InOrStdin(), c.OutOrStdout(), dir)
		},
	}
}
