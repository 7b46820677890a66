// A TLS client and server in one program, over loopback, that writes its own key log for comparison.
//
// tlstalk KEYLOG TLS-VERSION COUNT [at-once]: writes "ready\n", waits for a line on standard input, makes COUNT connections with
// one request each, writes "done\n" and waits for the end of standard input. KEYLOG "-": without a key log of its own.
// at-once: all connections are open before the first request.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strconv"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		DNSNames:     []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			line, err := bufio.NewReader(connection).ReadString('\n')
			check(err)
			_, err = io.WriteString(connection, "echo "+line)
			check(err)
			connection.Close()
		}()
	}
}

func main() {
	var log io.Writer
	if os.Args[1] != "-" {
		file, err := os.OpenFile(os.Args[1], os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0600)
		check(err)
		log = file
	}
	version := uint16(tls.VersionTLS13)
	if os.Args[2] == "1.2" {
		version = tls.VersionTLS12
	}
	count, err := strconv.Atoi(os.Args[3])
	check(err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate()}, MinVersion: version, MaxVersion: version})
	check(err)
	go serve(listener)
	client := &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, KeyLogWriter: log}
	fmt.Println("ready")
	input := bufio.NewReader(os.Stdin)
	input.ReadString('\n')
	ask := func(i int, connection *tls.Conn) {
		fmt.Fprintf(connection, "request %d\n", i)
		_, err := bufio.NewReader(connection).ReadString('\n')
		check(err)
		connection.Close()
	}
	var open []*tls.Conn
	for i := 0; i < count; i++ {
		connection, err := tls.Dial("tcp", listener.Addr().String(), client)
		check(err)
		if len(os.Args) > 4 {
			open = append(open, connection)
		} else {
			ask(i, connection)
		}
	}
	for i, connection := range open {
		ask(i, connection)
	}
	fmt.Println("done")
	input.ReadString('\n')
}
