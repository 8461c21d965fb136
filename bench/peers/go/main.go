// SPDX-License-Identifier: MIT

// Go's net/http and nothing else: each event is flushed, as is usual for Server-Sent Events.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var words = []string{
	"A dozen rolls, gladly. ",
	"The rye bread comes out of the oven at seven. ",
	"Shall I put both aside for you?",
}

const maxSkew = 300 // seconds

type message struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	TurnID string `json:"turn_id"`
}

type event struct {
	Type    string `json:"type"`
	Content string `json:"content,omitempty"`
	TurnID  string `json:"turn_id"`
}

func isSigned(secret []byte, signature string, body []byte) bool {
	t, v1, ok := strings.Cut(strings.TrimPrefix(signature, "t="), ",v1=")
	if !ok {
		return false
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if skew := time.Now().Unix() - seconds; err != nil || skew > maxSkew || skew < -maxSkew {
		return false
	}
	said, err := hex.DecodeString(v1)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	io.WriteString(mac, t)
	io.WriteString(mac, ".")
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), said)
}

func send(w http.ResponseWriter, e event) {
	data, err := json.Marshal(e)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "data: %s\n\n", data)
	w.(http.Flusher).Flush()
}

func agent(secret []byte, says int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, "POST is wanted", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "cannot read the body", http.StatusBadRequest)
			return
		}
		if !isSigned(secret, r.Header.Get("layercode-signature"), body) {
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			http.Error(w, "Not JSON", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-cache, no-transform")
		for i := 0; i < says; i++ {
			send(w, event{Type: "response.tts", Content: words[i%len(words)], TurnID: m.TurnID})
		}
		send(w, event{Type: "response.end", TurnID: m.TurnID})
	}
}

func main() {
	says := flag.Int("says", 3, "how many response.tts an answer has")
	flag.Parse()
	secret := os.Getenv("LAYERCODE_WEBHOOK_SECRET")
	if secret == "" {
		log.Fatal("LAYERCODE_WEBHOOK_SECRET is not set")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "0"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("go answers on http://%s\n", listener.Addr())
	http.HandleFunc("/agent", agent([]byte(secret), *says))
	log.Fatal(http.Serve(listener, nil))
}
