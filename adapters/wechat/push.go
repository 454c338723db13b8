package wechat

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"github.com/frontdesk-im/frontdesk/core"
)

// errForged is all that a caller who is not the platform gets to know.
var errForged = errors.New("wechat: not signed by the platform, or not in the mode that the configuration says")

// A push is a request of the platform, checked and in the clear.
type push struct {
	doc  *node
	raw  []byte
	json bool        // the account's data format; otherwise XML
	key  core.Secret // that decrypted it and encrypts the answer; empty: in the clear
}

// A gate tells the platform's requests from others, and opens and closes its
// envelopes.
type gate struct {
	conf Config
	now  func() time.Time
}

// signed reports whether sig is the platform's signature over parts.
func (g gate) signed(sig string, parts ...string) bool {
	want := util.Signature(append(parts, string(g.conf.Token))...)
	return subtle.ConstantTimeCompare([]byte(sig), []byte(want)) == 1
}

// open checks and decrypts a push. An error other than errForged means that the
// platform sent something unreadable.
func (g gate) open(q url.Values, body []byte) (push, error) {
	ts, nonce := q.Get("timestamp"), q.Get("nonce")
	if q.Get("encrypt_type") != "aes" {
		if g.conf.Mode != Plain || !g.signed(q.Get("signature"), ts, nonce) || !g.fresh(ts) {
			return push{}, errForged
		}
		return opened(body, "")
	}
	if len(g.conf.Keys) == 0 {
		return push{}, errForged
	}
	env, err := parse(body)
	if err != nil {
		return push{}, errForged
	}
	box := env.get("Encrypt")
	if box == "" || !g.signed(q.Get("msg_signature"), ts, nonce, box) {
		return push{}, errForged
	}
	for _, k := range g.conf.Keys {
		if plain, ok := g.decrypt(box, k); ok {
			return opened(plain, k)
		}
	}
	return push{}, errForged
}

func opened(body []byte, key core.Secret) (push, error) {
	doc, err := parse(body)
	if err != nil {
		return push{}, err
	}
	return push{doc: doc, raw: body, json: bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")), key: key}, nil
}

// fresh reports whether a push in the clear is recent: its signature does not
// cover the body, so it must not be of use for long.
func (g gate) fresh(ts string) bool {
	sec, err := strconv.ParseInt(ts, 10, 64)
	return err == nil && g.now().Sub(time.Unix(sec, 0)).Abs() <= g.conf.Skew
}

// decrypt is util.DecryptMsg, which checks the appid, the padding and the
// lengths, with what it leaves out: that base64 with line ends is no message.
func (g gate) decrypt(box string, key core.Secret) (plain []byte, ok bool) {
	if raw, err := base64.StdEncoding.DecodeString(box); err != nil || len(raw) < 32 || len(raw)%16 != 0 {
		return nil, false
	}
	_, plain, err := util.DecryptMsg(g.conf.AppID, box, string(key))
	return plain, err == nil
}

// sealed is the envelope around an encrypted answer.
type sealed struct {
	Encrypt      string
	MsgSignature string
	TimeStamp    int64
	Nonce        string
}

// seal encrypts an answer with the key that opened its push.
func (g gate) seal(plain []byte, p push) ([]byte, error) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	nonce, err := rand.Int(rand.Reader, big.NewInt(1e10))
	if err != nil {
		return nil, err
	}
	box, err := util.EncryptMsg(random, plain, g.conf.AppID, string(p.key))
	if err != nil {
		return nil, errors.New("wechat: the answer could not be encrypted")
	}
	s := sealed{Encrypt: string(box), TimeStamp: g.now().Unix(), Nonce: nonce.String()}
	s.MsgSignature = util.Signature(string(g.conf.Token), strconv.FormatInt(s.TimeStamp, 10), s.Nonce, s.Encrypt)
	if p.json {
		return json.Marshal(s)
	}
	return fmt.Appendf(nil, "<xml><Encrypt>%s</Encrypt><MsgSignature>%s</MsgSignature><TimeStamp>%d</TimeStamp><Nonce>%s</Nonce></xml>",
		cdata(s.Encrypt), cdata(s.MsgSignature), s.TimeStamp, cdata(s.Nonce)), nil
}
