package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/frontdesk-im/frontdesk/core"
)

// https://core.telegram.org/bots/api#sending-files
const (
	mostCaption = 1024     // UTF-16 units
	mostUpload  = 50 << 20 // bytes
	mostPhoto   = 10 << 20
)

// media sends a picture, a recording or a file: from Blobs, or by its address.
// What Telegram does not take as a picture or a recording goes as a file, what
// it cannot fetch as a link.
func (ch *Channel) media(ctx context.Context, env core.Envelope, m core.Media, p tgbotapi.Params) (sent, error) {
	if err := ch.caption(ctx, env, m, p); err != nil {
		return sent{}, err
	}
	kind := shownAs(m)
	s, err := ch.attach(ctx, kind, m, p)
	if kind != "document" && answered(err, "photo_", "image_process_failed", "voice_messages_forbidden", "type of the web page content", "too large", "too big") {
		s, err = ch.attach(ctx, "document", m, p)
	}
	if m.Handle == "" && answered(err, "http url", "webpage_", "web page content", "too big") {
		p["text"] = strings.TrimSpace(p["caption"] + "\n" + cmp.Or(m.Name, "["+m.Type+"]") + "\n" + m.URL)
		p["entities"] = p["caption_entities"]
		err = ch.bot.call(ctx, "sendMessage", p, &s)
	}
	return s, err
}

// shownAs is how Telegram shows m.
func shownAs(m core.Media) string {
	typ, _, _ := strings.Cut(m.Type, ";")
	switch typ = strings.TrimSpace(typ); {
	case (typ == "image/jpeg" || typ == "image/png" || typ == "image/webp") && m.Size <= mostPhoto:
		return "photo"
	case typ == "audio/ogg":
		return "voice"
	case typ == "audio/mpeg" || typ == "audio/mp4" || typ == "audio/x-m4a":
		return "audio"
	case typ == "video/mp4":
		return "video"
	}
	return "document"
}

var methods = map[string]string{"photo": "sendPhoto", "voice": "sendVoice", "audio": "sendAudio", "video": "sendVideo", "document": "sendDocument"}

func (ch *Channel) attach(ctx context.Context, kind string, m core.Media, p tgbotapi.Params) (s sent, err error) {
	if m.Handle == "" {
		p = maps.Clone(p)
		p[kind] = m.URL
		err = ch.bot.call(ctx, methods[kind], p, &s)
		return s, err
	}
	r, err := ch.files.open(ctx, m)
	if err != nil {
		return s, err
	}
	defer r.Close()
	err = ch.bot.upload(ctx, upload{methods[kind], p, file(kind, m, r)}, &s)
	return s, err
}

func file(field string, m core.Media, r io.Reader) tgbotapi.RequestFile {
	return tgbotapi.RequestFile{Name: field, Data: tgbotapi.FileReader{Name: cmp.Or(m.Name, "file"), Reader: io.NopCloser(r)}}
}

// caption puts the words of m into p. Those that are too long for a caption are
// sent ahead.
func (ch *Channel) caption(ctx context.Context, env core.Envelope, m core.Media, p tgbotapi.Params) error {
	words, entities := voice(env, m.Words, p["chat_id"])
	if core.UTF16.Len(words) > mostCaption {
		if err := ch.ahead(ctx, env, p, words); err != nil {
			return err
		}
		words, entities = voice(env, "", p["chat_id"])
	}
	if words != "" {
		p["caption"] = words
	}
	if entities != "" {
		p["caption_entities"] = entities
	}
	return nil
}

// ahead sends long words as messages of their own. How many have gone is noted,
// so that trying again repeats none.
func (ch *Channel) ahead(ctx context.Context, env core.Envelope, p tgbotapi.Params, words string) error {
	gone := ch.notes.of("ahead", env.ID)
	done, _, err := gone.get(ctx)
	if err != nil {
		return &core.SendError{Kind: core.KindTransient, Err: err}
	}
	n, _ := strconv.Atoi(done)
	pieces := core.Limits{Text: mostText, Unit: core.UTF16}.Fit(core.Parts{core.Text{Body: words}})
	for i := n; i < len(pieces); i++ {
		q := maps.Clone(p)
		q["text"] = pieces[i].Text()
		if err := ch.bot.call(ctx, "sendMessage", q, nil); err != nil {
			return err
		}
		if err := gone.put(ctx, strconv.Itoa(i+1), updateLife); err != nil {
			return &core.SendError{Kind: core.KindUnknown, Err: err}
		}
	}
	return nil
}

// replace puts another file in the place of one that was sent.
// https://core.telegram.org/bots/api#editmessagemedia
func (ch *Channel) replace(ctx context.Context, env core.Envelope, m core.Media, p tgbotapi.Params) error {
	kind, address := shownAs(m), m.URL
	if kind == "voice" { // cannot take another's place
		kind = "document"
	}
	if m.Handle != "" {
		address = "attach://file"
	}
	words, _ := voice(env, m.Words, p["chat_id"])
	if core.UTF16.Len(words) > mostCaption {
		return &core.SendError{Kind: core.KindGone, Err: fmt.Errorf("telegram: a caption has at most %d characters", mostCaption)} // it is sent anew
	}
	b, err := json.Marshal(map[string]string{"type": kind, "media": address, "caption": words})
	if err != nil {
		return &core.SendError{Kind: core.KindRejected, Err: err}
	}
	p["media"] = string(b)
	if m.Handle == "" {
		return ch.bot.call(ctx, "editMessageMedia", p, nil)
	}
	r, err := ch.files.open(ctx, m)
	if err != nil {
		return err
	}
	defer r.Close()
	return ch.bot.upload(ctx, upload{"editMessageMedia", p, file("file", m, r)}, nil)
}
