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
	kind := kindOf(m)
	s, err := ch.attach(ctx, kind, m, p)
	if kind != "document" && said(err, "photo_", "image_process_failed", "voice_messages_forbidden", "type of the web page content", "too large", "too big") {
		s, err = ch.attach(ctx, "document", m, p)
	}
	if m.Handle == "" && said(err, "http url", "webpage_", "web page content", "too big") {
		p["text"] = strings.TrimSpace(p["caption"] + "\n" + cmp.Or(m.Name, "["+m.Type+"]") + "\n" + m.URL)
		p["entities"] = p["caption_entities"]
		err = ch.call(ctx, "sendMessage", p, &s)
	}
	return s, err
}

// kindOf is how Telegram shows m.
func kindOf(m core.Media) string {
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
		err = ch.call(ctx, methods[kind], p, &s)
		return s, err
	}
	r, err := ch.blob(ctx, m)
	if err != nil {
		return s, err
	}
	defer r.Close()
	err = ch.upload(ctx, methods[kind], p, file(kind, m, r), &s)
	return s, err
}

func file(field string, m core.Media, r io.Reader) tgbotapi.RequestFile {
	return tgbotapi.RequestFile{Name: field, Data: tgbotapi.FileReader{Name: cmp.Or(m.Name, "file"), Reader: io.NopCloser(r)}}
}

// blob opens a file that Telegram takes.
func (ch *Channel) blob(ctx context.Context, m core.Media) (io.ReadCloser, error) {
	r, kept, err := ch.deps.Blobs.Open(ctx, m.Handle)
	if err != nil {
		return nil, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: the file: %w", err)}
	}
	if size := max(kept.Size, m.Size); size > mostUpload {
		r.Close()
		return nil, &core.SendError{Kind: core.Rejected, Err: fmt.Errorf("telegram: 文件最大 50 MB，%q 有 %d MB，请发链接 (a file may have 50 MB: send a link)", m.Name, size>>20)}
	}
	return r, nil
}

// caption puts the words of m into p. Those that are too long for a caption are
// sent ahead.
func (ch *Channel) caption(ctx context.Context, env core.Envelope, m core.Media, p tgbotapi.Params) error {
	words, entities := ch.voice(env, m.Words, p["chat_id"])
	if core.UTF16.Len(words) > mostCaption {
		if err := ch.ahead(ctx, env, p, words); err != nil {
			return err
		}
		words, entities = ch.voice(env, "", p["chat_id"])
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
	key := ch.key("ahead", env.ID)
	done, _, err := ch.deps.Values.Get(ctx, key)
	if err != nil {
		return &core.SendError{Kind: core.Transient, Err: err}
	}
	n, _ := strconv.Atoi(done)
	pieces := core.Limits{Text: mostText, Unit: core.UTF16}.Fit(core.Parts{core.Text{Body: words}})
	for i := n; i < len(pieces); i++ {
		q := maps.Clone(p)
		q["text"] = pieces[i].Text()
		if err := ch.call(ctx, "sendMessage", q, nil); err != nil {
			return err
		}
		if err := ch.deps.Values.Put(ctx, key, strconv.Itoa(i+1), kept); err != nil {
			return &core.SendError{Kind: core.Unknown, Err: err}
		}
	}
	return nil
}

// replace puts another file in the place of one that was sent.
// https://core.telegram.org/bots/api#editmessagemedia
func (ch *Channel) replace(ctx context.Context, env core.Envelope, m core.Media, p tgbotapi.Params) error {
	kind, address := kindOf(m), m.URL
	if kind == "voice" { // cannot take another's place
		kind = "document"
	}
	if m.Handle != "" {
		address = "attach://file"
	}
	words, _ := ch.voice(env, m.Words, p["chat_id"])
	if core.UTF16.Len(words) > mostCaption {
		return &core.SendError{Kind: core.Gone, Err: fmt.Errorf("telegram: a caption has at most %d characters", mostCaption)} // it is sent anew
	}
	b, err := json.Marshal(map[string]string{"type": kind, "media": address, "caption": words})
	if err != nil {
		return &core.SendError{Kind: core.Rejected, Err: err}
	}
	p["media"] = string(b)
	if m.Handle == "" {
		return ch.call(ctx, "editMessageMedia", p, nil)
	}
	r, err := ch.blob(ctx, m)
	if err != nil {
		return err
	}
	defer r.Close()
	return ch.upload(ctx, "editMessageMedia", p, file("file", m, r), nil)
}
