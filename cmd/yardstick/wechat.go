package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wx takes a push of WeChat's and holds it until there is an answer.
func (p *program) wx(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "not read", http.StatusBadRequest)
		return
	}
	m, back, err := p.out.wechat.open(r.URL.Query(), body)
	if err != nil {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	if !p.out.later {
		m.ask = make(chan string, 1)
	}
	if err := p.receive(m); err != nil {
		http.Error(w, "not filed, try again", http.StatusServiceUnavailable)
		return
	}
	select {
	case text := <-m.ask:
		b, err := p.out.wechat.seal(back, text)
		if err != nil {
			http.Error(w, "not sealed", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.Write(b)
	case <-time.After(p.out.patience()):
		io.WriteString(w, "success")
	}
}

// patience is how long a push of WeChat's is held.
func (o outside) patience() time.Duration {
	if o.later {
		return 0
	}
	return 4 * time.Second
}

// wechat is an account in safe mode.
type wechat struct{ appid, token, key, api string }

// back is who a reply to a push is from and to.
type back struct{ from, to string }

func (w wechat) sign(parts ...string) string {
	h := sha1.Sum([]byte(strings.Join(slices.Sorted(slices.Values(append(parts, w.token))), "")))
	return hex.EncodeToString(h[:])
}

func (w wechat) block() (cipher.Block, []byte, error) {
	key, err := base64.StdEncoding.DecodeString(w.key + "=")
	if err != nil || len(key) != 32 {
		return nil, nil, errors.New("not an EncodingAESKey")
	}
	b, err := aes.NewCipher(key)
	return b, key[:16], err
}

// request is the call of the API that sends a.
func (w wechat) request(a answer) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"touser": a.To, "msgtype": "text", "text": map[string]string{"content": a.Text}})
	if err != nil {
		return nil, err
	}
	return http.NewRequest(http.MethodPost, w.api+"/cgi-bin/message/custom/send?access_token="+url.QueryEscape(w.token), bytes.NewReader(body))
}

var errForged = errors.New("not the platform's")

// open checks, decrypts and reads a push.
func (w wechat) open(q url.Values, body []byte) (m message, to back, err error) {
	var env struct{ Encrypt string }
	if err := xml.Unmarshal(body, &env); err != nil || !hmac.Equal([]byte(w.sign(q.Get("timestamp"), q.Get("nonce"), env.Encrypt)), []byte(q.Get("msg_signature"))) {
		return m, to, errForged
	}
	block, iv, err := w.block()
	b, e := base64.StdEncoding.DecodeString(env.Encrypt)
	if err != nil || e != nil || len(b) < 32 || len(b)%16 != 0 {
		return m, to, errForged
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > 32 || len(b)-pad < 20 {
		return m, to, errForged
	}
	b = b[16 : len(b)-pad]
	n := int(binary.BigEndian.Uint32(b))
	if n > len(b)-4 || string(b[4+n:]) != w.appid {
		return m, to, errForged
	}
	var x struct{ FromUserName, ToUserName, MsgId, Content string }
	err = xml.Unmarshal(b[4:4+n], &x)
	return message{channel: "wx", peer: x.FromUserName, ref: x.MsgId, text: x.Content}, back{x.ToUserName, x.FromUserName}, err
}

// seal writes text as a passive reply, encrypted and signed.
func (w wechat) seal(to back, text string) ([]byte, error) {
	msg := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content></xml>",
		to.to, to.from, time.Now().Unix(), text)
	block, iv, err := w.block()
	if err != nil {
		return nil, err
	}
	b := make([]byte, 16, 64+len(msg)+len(w.appid))
	rand.Read(b) // never fails
	b = binary.BigEndian.AppendUint32(b, uint32(len(msg)))
	b = append(append(b, msg...), w.appid...)
	pad := 32 - len(b)%32
	b = append(b, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(b, b)
	box, unix, nonce := base64.StdEncoding.EncodeToString(b), strconv.FormatInt(time.Now().Unix(), 10), rand.Text()
	return fmt.Appendf(nil, "<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		box, w.sign(unix, nonce, box), unix, nonce), nil
}
