package fake

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Sign is the platform's signature: the parts sorted, joined and hashed.
func Sign(parts ...string) string {
	parts = slices.Sorted(slices.Values(parts))
	h := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(h[:])
}

func cbc(key43 string) (cipher.Block, []byte, error) {
	key, err := base64.StdEncoding.DecodeString(key43 + "=")
	if err != nil || len(key) != 32 {
		return nil, nil, errors.New("fake: not an EncodingAESKey")
	}
	b, err := aes.NewCipher(key)
	return b, key[:16], err
}

// Encrypt makes the Encrypt element for msg: 16 random bytes, the length, the
// message and the appid, padded to a multiple of 32.
func Encrypt(key43, appid string, msg []byte) (string, error) {
	block, iv, err := cbc(key43)
	if err != nil {
		return "", err
	}
	b := make([]byte, 16, 20+len(msg)+len(appid)+32)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(msg)))
	b = append(append(b, msg...), appid...)
	pad := 32 - len(b)%32
	b = append(b, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b), nil
}

var errBox = errors.New("fake: not encrypted for this account")

// Decrypt undoes Encrypt.
func Decrypt(key43, appid, box string) ([]byte, error) {
	block, iv, err := cbc(key43)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(box)
	if err != nil || len(b) < 32 || len(b)%32 != 0 {
		return nil, errBox
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > 32 || len(b)-pad < 20 {
		return nil, errBox
	}
	b = b[:len(b)-pad]
	n := int(binary.BigEndian.Uint32(b[16:20]))
	if n > len(b)-20 || string(b[20+n:]) != appid {
		return nil, errBox
	}
	return b[20 : 20+n], nil
}
