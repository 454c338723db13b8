package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// outside is whom the program talks to.
type outside struct {
	url, secret string
	later       bool
	wechat      wechat
	client      *http.Client
}

func (o outside) sign(id, unix string, body []byte) string {
	key, _ := base64.StdEncoding.DecodeString(o.secret)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + unix + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func (o outside) signed(h http.Header, body []byte) bool {
	unix := h.Get("Webhook-Timestamp")
	at, err := strconv.ParseInt(unix, 10, 64)
	return err == nil && time.Since(time.Unix(at, 0)).Abs() < 5*time.Minute &&
		hmac.Equal([]byte(o.sign(h.Get("Webhook-Id"), unix, body)), []byte(h.Get("Webhook-Signature")))
}

// decode reads a JSON webhook.
func decode(body []byte) (message, error) {
	var m struct{ ID, From, Text string }
	err := json.Unmarshal(body, &m)
	return message{channel: "app", peer: m.From, ref: m.ID, text: m.Text}, err
}

// send makes one attempt and returns the far side's name for the message.
func (o outside) send(a answer) (ref string, err error) {
	if a.channel == "wx" {
		return o.post(o.wechat.request(a))
	}
	body, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequest(http.MethodPost, o.url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	unix := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", a.ID)
	r.Header.Set("Webhook-Timestamp", unix)
	r.Header.Set("Webhook-Signature", o.sign(a.ID, unix, body))
	return o.post(r, nil)
}

// post makes a request and reads the far side's name for what it took.
func (o outside) post(r *http.Request, err error) (ref string, _ error) {
	if err != nil {
		return "", err
	}
	resp, err := o.client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s %w", r.URL.Path, resp.Status, err)
	}
	var sent struct{ ID string }
	return sent.ID, json.Unmarshal(b, &sent)
}
