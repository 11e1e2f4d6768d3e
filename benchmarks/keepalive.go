// Calls a webhook as kube-apiserver does: HTTP/1.1, at most 25 idle connections, of which it takes the one it used last.
//
//	keepalive CA BODY PATH CALLERS PAUSE
//
// Each line of standard input is the list of ports that a new connection may be dialled to, as kube-proxy's list of endpoints.
// At its end the calls are counted by what became of them: one JSON object on standard output.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	ports  atomic.Value
	over   atomic.Bool
	counts = map[string]int{}
	lock   sync.Mutex
	ours   = regexp.MustCompile(`127\.0\.0\.1:\d+(->127\.0\.0\.1:\d+)?`)
)

func client(authority []byte) *http.Client {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		list := ports.Load().([]string)
		return (&net.Dialer{Timeout: 30 * time.Second}).DialContext(ctx, network, "127.0.0.1:"+list[rand.Intn(len(list))])
	}
	transport := &http.Transport{
		DialContext:         dial,
		TLSClientConfig:     &tls.Config{RootCAs: trusted, ServerName: "127.0.0.1"},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 25,
		IdleConnTimeout:     90 * time.Second,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func outcome(client *http.Client, path string, body []byte) string {
	answer, err := client.Post("https://127.0.0.1"+path, "application/json", bytes.NewReader(body))
	if err != nil {
		text := err.Error()
		return ours.ReplaceAllString(text[strings.Index(text, `": `)+3:], "ADDRESS")
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return "answer: " + err.Error()
	}
	return strconv.Itoa(answer.StatusCode)
}

func read(file string) []byte {
	content, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return content
}

func main() {
	connection, body, path := client(read(os.Args[1])), read(os.Args[2]), os.Args[3]
	callers, _ := strconv.Atoi(os.Args[4])
	pause, _ := time.ParseDuration(os.Args[5])
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	ports.Store(strings.Fields(lines.Text()))
	var group sync.WaitGroup
	for range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			for !over.Load() {
				said := outcome(connection, path, body)
				lock.Lock()
				counts[said]++
				lock.Unlock()
				time.Sleep(time.Duration(rand.Int63n(int64(2 * pause))))
			}
		}()
	}
	for lines.Scan() {
		ports.Store(strings.Fields(lines.Text()))
	}
	over.Store(true)
	group.Wait()
	said, _ := json.Marshal(counts)
	fmt.Println(string(said))
}
