// Program fanout serves the clusters and routes of benchmark P5 with go-control-plane's snapshot cache and
// server. It prints its port, then changes one cluster and one route for each line it reads.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

const node = "ingress"

// oneRole gives all proxies the same snapshot, as proxies of one role have it.
type oneRole struct{}

func (oneRole) ID(*core.Node) string { return node }

func main() {
	size := flag.Int("size", 1000, "clusters, and as many routes")
	changes := flag.Int("changes", 20, "snapshots to prepare")
	flag.Parse()

	snapshots := make([]*cache.Snapshot, 0, *changes+1)
	for edition := 0; edition <= *changes; edition++ {
		snapshots = append(snapshots, makeSnapshot(*size, edition))
	}
	snapshotCache := cache.NewSnapshotCache(true, oneRole{}, nil)
	set := func(edition int) {
		if err := snapshotCache.SetSnapshot(context.Background(), node, snapshots[edition]); err != nil {
			log.Fatal(err)
		}
	}
	set(0)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	grpcServer := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	xds := server.NewServer(context.Background(), snapshotCache, nil)
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, xds)
	go func() { log.Fatal(grpcServer.Serve(listener)) }()

	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	lines := bufio.NewScanner(os.Stdin)
	for edition := 1; lines.Scan(); edition++ {
		set(edition)
	}
}

// makeSnapshot gives cluster and route number 7 * edition their edition, and all others edition 0.
func makeSnapshot(size, edition int) *cache.Snapshot {
	clusters := make([]types.Resource, 0, size)
	routes := make([]types.Resource, 0, size)
	for index := 0; index < size; index++ {
		own := 0
		if edition > 0 && index == 7*edition%size {
			own = edition
		}
		clusters = append(clusters, makeCluster(index, own))
		routes = append(routes, makeRoute(index, own))
	}
	snapshot, err := cache.NewSnapshot(fmt.Sprint(edition), map[resource.Type][]types.Resource{
		resource.ClusterType: clusters,
		resource.RouteType:   routes,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := snapshot.ConstructVersionMap(); err != nil {
		log.Fatal(err)
	}
	return snapshot
}

func makeCluster(index, edition int) *cluster.Cluster {
	name := fmt.Sprintf("cluster-%04d", index)
	return &cluster.Cluster{
		Name:                 name,
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_STATIC},
		ConnectTimeout:       durationpb.New(time.Duration(1+edition) * time.Second),
		LoadAssignment: &endpoint.ClusterLoadAssignment{
			ClusterName: name,
			Endpoints: []*endpoint.LocalityLbEndpoints{{
				LbEndpoints: []*endpoint.LbEndpoint{{
					HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{
						Address: &core.Address{Address: &core.Address_SocketAddress{
							SocketAddress: &core.SocketAddress{
								Address:       "10.0.0.1",
								PortSpecifier: &core.SocketAddress_PortValue{PortValue: 8080},
							},
						}},
					}},
				}},
			}},
		},
	}
}

func makeRoute(index, edition int) *route.RouteConfiguration {
	return &route.RouteConfiguration{
		Name: fmt.Sprintf("route-%04d", index),
		VirtualHosts: []*route.VirtualHost{{
			Name:    "all",
			Domains: []string{"*"},
			Routes: []*route.Route{{
				Match: &route.RouteMatch{
					PathSpecifier: &route.RouteMatch_Prefix{Prefix: fmt.Sprintf("/%d", edition)},
				},
				Action: &route.Route_Route{Route: &route.RouteAction{
					ClusterSpecifier: &route.RouteAction_Cluster{
						Cluster: fmt.Sprintf("cluster-%04d", index),
					},
				}},
			}},
		}},
	}
}
