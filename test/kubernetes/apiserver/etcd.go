package apiserver

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd keeps what the API server stores below dir, and returns when it can be
// asked, with its address: a socket in dir, which nobody else can reach.
func startEtcd(ctx context.Context, dir string) (*embed.Etcd, string, error) {
	socket := url.URL{Scheme: "unix", Path: filepath.Join(dir, "etcd.sock")}
	// It has no peers, and needs a listener for them all the same.
	peers := url.URL{Scheme: "unix", Path: filepath.Join(dir, "peers.sock")}
	c := embed.NewConfig()
	c.Dir = filepath.Join(dir, "etcd")
	c.LogLevel = "error"
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{socket}, []url.URL{socket}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{peers}, []url.URL{peers}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.UnsafeNoFsync = true // what is stored ends with the test
	etcd, err := embed.StartEtcd(c)
	if err != nil {
		return nil, "", fmt.Errorf("start etcd: %w", err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, socket.String(), nil
	case err = <-etcd.Err():
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	etcd.Close()
	return nil, "", fmt.Errorf("start etcd: %w", err)
}
