package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// upload sends a file from Blobs into a thread, or a channel, in Slack's three steps. Its ID is
// kept before the last, so that it can be looked for.
// https://docs.slack.dev/messaging/working-with-files#upload
func (ch *Channel) upload(ctx context.Context, env core.Envelope, m core.Media, channel, root string) (string, error) {
	r, kept, err := ch.deps.Blobs.Open(ctx, m.Handle)
	if err != nil {
		return "", wrong(core.Rejected, "the file: %w", err)
	}
	defer r.Close()
	size, name := cmp.Or(kept.Size, m.Size), cmp.Or(m.Name, kept.Name, "file")
	if size == 0 {
		return "", wrong(core.Rejected, "the file %q is empty", name)
	}
	if err := ch.pace.take(channel); err != nil {
		return "", err
	}
	to, err := ch.api.GetUploadURLExternalContext(ctx, api.GetUploadURLExternalParameters{FileSize: int(size), FileName: name})
	if err != nil {
		return "", ch.sure(err)
	}
	if err := ch.api.UploadToURL(ctx, api.UploadToURLParameters{UploadURL: to.UploadURL, Reader: io.NopCloser(r), Filename: name}); err != nil {
		return "", ch.sure(err)
	}
	if env.ID != "" {
		if err := ch.deps.Values.Put(ctx, ch.key("file", env.ID), to.FileID, month); err != nil {
			return "", &core.SendError{Kind: core.Transient, Err: err}
		}
	}
	who, _ := ch.signed(env.By)
	words := strings.Trim(who+": "+m.Words, ": ")
	_, err = ch.api.CompleteUploadExternalContext(ctx, api.CompleteUploadExternalParameters{
		Files: []api.FileSummary{{ID: to.FileID, Title: name}}, Channel: channel, ThreadTimestamp: root, InitialComment: escape(words)})
	if err != nil {
		return "", ch.named(channel, ch.refused(err))
	}
	return to.FileID + "/file", nil
}

// sure is refused for a step after which nothing shows yet: what may have
// happened can happen again.
func (ch *Channel) sure(err error) error {
	e := ch.refused(err)
	if s, ok := errors.AsType[*core.SendError](e); ok && s.Kind == core.Unknown && !errors.Is(err, context.Canceled) {
		s.Kind = core.Transient
	}
	return e
}

// A file as Slack shows it: https://docs.slack.dev/reference/objects/file-object
type file struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	MIME     string `json:"mimetype"`
	Mode     string `json:"mode"`
	Access   string `json:"file_access"`
	External bool   `json:"is_external"`
	Size     int64  `json:"size"`
	URL      string `json:"url_private"`
	Download string `json:"url_private_download"`
}

// part is a file as it arrives, still to be copied: its Handle is Slack's ID.
func (f file) part() core.Part {
	switch {
	case f.Mode == "tombstone" || f.Mode == "hidden_by_limit":
		return core.Other{Kind: "deleted file"}
	case f.External || f.Mode == "external":
		return core.Text{Body: strings.TrimSpace(cmp.Or(f.Title, f.Name) + " " + f.URL)}
	}
	return core.Media{Type: cmp.Or(f.MIME, "application/octet-stream"), Handle: f.ID, URL: cmp.Or(f.Download, f.URL), Name: cmp.Or(f.Name, f.Title), Size: f.Size}
}

const mostFile = 50 << 20 // bytes of a file that an agent sends

// copied puts the files of an envelope into Blobs, for Slack's need our token.
// One that cannot be had, tried twice if that may help, is left out, and its
// agent is told.
func (ch *Channel) copied(ctx context.Context, env *core.Envelope) error {
	for i, p := range env.Parts {
		m, ok := p.(core.Media)
		if !ok {
			continue
		}
		kept, err := ch.fetch(ctx, m)
		if err == nil {
			env.Parts[i] = kept
			continue
		}
		if k := core.KindOf(err); ctx.Err() != nil || (k == core.Transient || k == core.Throttled) && ch.firstTry(env.Ref) {
			return err // Slack delivers it again
		}
		id := "file"
		if errors.Is(err, core.ErrTooLarge) {
			id = "fileBig"
		}
		ch.deps.Log.Warn("a file was not copied from Slack", "peer", env.Peer.ID, "name", m.Name, "err", err)
		at, root, ok := spot(env.Thread)
		if !ok {
			at, _, _ = spot(env.Ref)
		}
		ch.tell(ctx, env.Peer.ID, at, root, ch.say(id)+m.Name)
		env.Parts[i] = core.Other{Kind: "file"}
	}
	return nil
}

// firstTry reports whether a message's files were not tried before.
func (ch *Channel) firstTry(ref string) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if len(ch.tried) > 1000 {
		clear(ch.tried)
	}
	was := ch.tried[ref]
	ch.tried[ref] = true
	return !was
}

func (ch *Channel) fetch(ctx context.Context, m core.Media) (core.Media, error) {
	if m.Size > mostFile {
		return m, fmt.Errorf("slack: the file: %w", core.ErrTooLarge)
	}
	if m.URL == "" { // file_access: check_file_info
		f, _, _, err := ch.api.GetFileInfoContext(ctx, m.Handle, 0, 0)
		if err != nil {
			return m, ch.refused(err)
		}
		m.URL, m.Type, m.Name = cmp.Or(f.URLPrivateDownload, f.URLPrivate), cmp.Or(f.Mimetype, m.Type), cmp.Or(f.Name, m.Name)
	}
	from := m.URL
	m.Handle, m.URL = "", ""
	r, w := io.Pipe()
	defer r.Close()
	got := make(chan error, 1)
	go func() {
		err := ch.api.GetFileContext(ctx, from, w)
		w.CloseWithError(err)
		got <- err
	}()
	kept, err := ch.deps.Blobs.Save(ctx, m, r, mostFile)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if failed := <-got; failed != nil && !errors.Is(err, core.ErrTooLarge) {
		if _, ok := errors.AsType[*url.Error](failed); ok || errors.Is(failed, io.ErrUnexpectedEOF) {
			return m, &core.SendError{Kind: core.Transient, Err: ch.redact(failed)}
		}
		if failed = ch.refused(failed); core.KindOf(failed) == core.Unknown {
			return m, wrong(core.Rejected, "%w", failed) // the library would not
		}
		return m, failed
	}
	return kept, err
}

// tell says something to one agent alone, in a channel or, with its root, in a
// thread of it, best effort.
func (ch *Channel) tell(ctx context.Context, user, channel, root, words string, blocks ...api.Block) {
	o := said(escape(words), blocks)
	if root != "" {
		o = append(o, api.MsgOptionTS(root))
	}
	if _, err := ch.api.PostEphemeralContext(ctx, channel, user, o...); err != nil {
		ch.deps.Log.Debug("an agent was not told", "err", ch.redact(err))
	}
}
