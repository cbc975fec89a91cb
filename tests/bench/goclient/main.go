// SPDX-License-Identifier: GPL-3.0-or-later

// A plain concurrent client in Go, to be measured against: connects to every host of an inventory
// (NAME ansible_host=A ansible_port=P a line), checks its key against a known_hosts file, asks the
// subsystem "tocsin" one question and counts the rows' lines.
//
//	goclient INVENTORY KNOWN_HOSTS KEY IN_FLIGHT SQL
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

func die(err error) {
	fmt.Fprintln(os.Stderr, "goclient:", err)
	os.Exit(1)
}

func readHosts(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		die(err)
	}
	defer f.Close()
	var hosts []string
	for s := bufio.NewScanner(f); s.Scan(); {
		var addr, port string
		for _, w := range strings.Fields(s.Text()) {
			if strings.HasPrefix(w, "ansible_host=") {
				addr = w[len("ansible_host="):]
			}
			if strings.HasPrefix(w, "ansible_port=") {
				port = w[len("ansible_port="):]
			}
		}
		hosts = append(hosts, net.JoinHostPort(addr, port))
	}
	return hosts
}

// By name, so that a look-up costs the same however many lines there are.
func readKnownHosts(path string) map[string][]byte {
	text, err := os.ReadFile(path)
	if err != nil {
		die(err)
	}
	known := make(map[string][]byte)
	for len(text) > 0 {
		_, names, key, _, rest, err := ssh.ParseKnownHosts(text)
		if err != nil {
			break
		}
		for _, n := range names {
			known[n] = key.Marshal()
		}
		text = rest
	}
	return known
}

type client struct {
	known  map[string][]byte
	config ssh.ClientConfig
	sql    string
	rows   int64
	failed int64
}

func (c *client) checkKey(name string, _ net.Addr, key ssh.PublicKey) error {
	host, port, _ := net.SplitHostPort(name)
	if !bytes.Equal(c.known["["+host+"]:"+port], key.Marshal()) {
		return fmt.Errorf("host key of %s is not known", name)
	}
	return nil
}

func (c *client) ask(host string) error {
	conn, err := ssh.Dial("tcp", host, &c.config)
	if err != nil {
		return err
	}
	defer conn.Close()
	s, err := conn.NewSession()
	if err != nil {
		return err
	}
	in, err := s.StdinPipe()
	if err != nil {
		return err
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.RequestSubsystem("tocsin"); err != nil {
		return err
	}
	question, _ := json.Marshal(map[string]interface{}{"op": "query", "id": 1, "sql": c.sql})
	if _, err := in.Write(append(question, '\n')); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return err
		}
		var m struct {
			Op   string
			Rows json.RawMessage
		}
		if err := json.Unmarshal(line, &m); err != nil {
			return err
		}
		if m.Op == "done" {
			n, _ := strconv.ParseInt(string(m.Rows), 10, 64)
			atomic.AddInt64(&c.rows, n)
			return nil
		}
	}
}

func main() {
	if len(os.Args) != 6 {
		die(fmt.Errorf("usage: goclient INVENTORY KNOWN_HOSTS KEY IN_FLIGHT SQL"))
	}
	hosts, inFlight := readHosts(os.Args[1]), os.Args[4]
	pem, err := os.ReadFile(os.Args[3])
	if err != nil {
		die(err)
	}
	key, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		die(err)
	}
	c := &client{known: readKnownHosts(os.Args[2]), sql: os.Args[5]}
	c.config = ssh.ClientConfig{
		User:              "root",
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback:   c.checkKey,
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
		Timeout:           30 * time.Second,
	}
	n, err := strconv.Atoi(inFlight)
	if err != nil || n < 1 {
		die(fmt.Errorf("IN_FLIGHT is a number"))
	}
	slots := make(chan struct{}, n)
	var all sync.WaitGroup
	for _, h := range hosts {
		slots <- struct{}{}
		all.Add(1)
		go func(h string) {
			defer all.Done()
			if err := c.ask(h); err != nil {
				atomic.AddInt64(&c.failed, 1)
			}
			<-slots
		}(h)
	}
	all.Wait()
	fmt.Printf("%d hosts, %d failed, %d rows\n", len(hosts), c.failed, c.rows)
	if c.failed > 0 {
		os.Exit(1)
	}
}
