package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	api "github.com/slack-go/slack"

	"github.com/frontdesk-im/frontdesk/core"
)

// files copies what agents send into Blobs, and what is in Blobs to Slack.
type files struct {
	api   web
	blobs core.Blobs

	mu    sync.Mutex
	tried map[string]bool // Refs of messages whose files could not be fetched
}

// upload sends a file from Blobs, in Slack's three steps. Its ID is kept before
// the last, so that it can be looked for.
// https://docs.slack.dev/messaging/working-with-files#upload
func (ch *Channel) upload(ctx context.Context, at place, env core.Envelope) (string, error) {
	m, _ := env.Parts[0].(core.Media)
	r, kept, err := ch.deps.Blobs.Open(ctx, m.Handle)
	if err != nil {
		return "", wrong(core.KindRejected, "the file: %w", err)
	}
	defer r.Close()
	m.Size, m.Name = cmp.Or(kept.Size, m.Size), cmp.Or(m.Name, kept.Name, "file")
	if m.Size == 0 {
		return "", wrong(core.KindRejected, "the file %q is empty", m.Name)
	}
	if err := ch.pace.take(at.channel); err != nil {
		return "", err
	}
	id, err := ch.files.put(ctx, m, r)
	if err != nil {
		return "", err
	}
	if env.ID != "" {
		if err := ch.notes.of("file", env.ID).put(ctx, id); err != nil {
			return "", unkept(err)
		}
	}
	who, _ := signed(env.By, ch.lang)
	words := strings.Trim(who+": "+m.Words, ": ")
	_, err = ch.api.CompleteUploadExternalContext(ctx, api.CompleteUploadExternalParameters{
		Files: []api.FileSummary{{ID: id, Title: m.Name}}, Channel: at.channel, ThreadTimestamp: at.root, InitialComment: escape(words)})
	if err != nil {
		return "", ch.conf.blamed(at.channel, ch.api.refused(err))
	}
	return id + "/file", nil
}

// put gives Slack a file that nobody sees yet, and returns its ID.
func (f *files) put(ctx context.Context, m core.Media, r io.Reader) (id string, err error) {
	to, err := f.api.GetUploadURLExternalContext(ctx, api.GetUploadURLExternalParameters{FileSize: int(m.Size), FileName: m.Name})
	if err != nil {
		return "", f.api.sure(err)
	}
	if err := f.api.UploadToURL(ctx, api.UploadToURLParameters{UploadURL: to.UploadURL, Reader: io.NopCloser(r), Filename: m.Name}); err != nil {
		return "", f.api.sure(err)
	}
	return to.FileID, nil
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
		kept, err := ch.files.fetch(ctx, m)
		if err == nil {
			env.Parts[i] = kept
			continue
		}
		if k := core.KindOf(err); ctx.Err() != nil || (k == core.KindTransient || k == core.KindThrottled) && ch.files.firstTry(env.Ref) {
			return err // Slack delivers it again
		}
		id := "file"
		if errors.Is(err, core.ErrTooLarge) {
			id = "fileBig"
		}
		ch.deps.Log.Warn("a file was not copied from Slack", "peer", env.Peer.ID, "name", m.Name, "err", err)
		ch.tell(ctx, env.Peer.ID, wrote(*env), aside{words: ch.lang.say(id) + m.Name})
		env.Parts[i] = core.Other{Kind: "file"}
	}
	return nil
}

// wrote is where an envelope's agent wrote it.
func wrote(env core.Envelope) place {
	if at, root, ok := cutRef(env.Thread); ok {
		return place{at, root}
	}
	at, _, _ := cutRef(env.Ref)
	return place{channel: at}
}

// firstTry reports whether a message's files were not tried before.
func (f *files) firstTry(ref string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.tried) > mostRemembered {
		clear(f.tried)
	}
	was := f.tried[ref]
	f.tried[ref] = true
	return !was
}

// fetch copies one file.
func (f *files) fetch(ctx context.Context, m core.Media) (core.Media, error) {
	if m.Size > mostFile {
		return m, fmt.Errorf("slack: the file: %w", core.ErrTooLarge)
	}
	if m.URL == "" { // file_access: check_file_info
		info, _, _, err := f.api.GetFileInfoContext(ctx, m.Handle, 0, 0)
		if err != nil {
			return m, f.api.refused(err)
		}
		m.URL, m.Type, m.Name = cmp.Or(info.URLPrivateDownload, info.URLPrivate), cmp.Or(info.Mimetype, m.Type), cmp.Or(info.Name, m.Name)
	}
	from := m.URL
	m.Handle, m.URL = "", ""
	r, w := io.Pipe()
	defer r.Close()
	got := make(chan error, 1)
	go func() {
		err := f.api.GetFileContext(ctx, from, w)
		w.CloseWithError(err)
		got <- err
	}()
	kept, err := f.blobs.Save(ctx, m, r, mostFile)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if failed := <-got; failed != nil && !errors.Is(err, core.ErrTooLarge) {
		if _, ok := errors.AsType[*url.Error](failed); ok || errors.Is(failed, io.ErrUnexpectedEOF) {
			return m, &core.SendError{Kind: core.KindTransient, Err: f.api.redact(failed)}
		}
		if failed = f.api.refused(failed); core.KindOf(failed) == core.KindUnknown {
			return m, wrong(core.KindRejected, "%w", failed) // the library would not
		}
		return m, failed
	}
	return kept, err
}
