package server

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/instance/host"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/monitor"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/cloudtrail"
	"github.com/whimbreldb/whimbrel/internal/service/cloudwatch"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/service/iam"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/service/logs"
	"github.com/whimbreldb/whimbrel/internal/service/own"
	"github.com/whimbreldb/whimbrel/internal/service/redshift"
	"github.com/whimbreldb/whimbrel/internal/service/secretsmanager"
	"github.com/whimbreldb/whimbrel/internal/service/sts"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// parts is what services are made of.
type parts struct {
	store     store.Store // updates return when the directory shows them
	reads     store.Store // answers from memory what DMS only shows
	directory *identity.Directory
	policies  *edge.Policies
	trail     *trails
	cluster   cluster
	config    *Config
	vault     *kms.Vault
	usage     *iam.Usage
	endpoints *ec2.Endpoints
	host      *host.Host
	tracer    *span.Tracer // nil: nothing is traced
	dms       *dms.Service
	metrics   *metric.Store
	logs      *logstore.Store
	logsAPI   *logs.Service
	watch     *cloudwatch.Service
	topics    notify.Topics
	monitor   *monitor.Monitor
	clusters  *redshift.Service
}

// services lists everything that is served.
func services(p *parts) ([]*service.Service, error) {
	var all []*service.Service
	serving := func(signed string) *service.Service { // asked when all are there
		for _, s := range all {
			if s.Model.SigningName == signed {
				return s
			}
		}
		return nil
	}
	for _, make := range []func() (*service.Service, error){
		func() (*service.Service, error) {
			return sts.New(sts.Config{Directory: p.directory, Factors: p.factors()})
		},
		func() (*service.Service, error) {
			return iam.New(p.store, p.directory, p.usage, p.factors(), p.cluster.Created)
		},
		func() (*service.Service, error) { return kms.New(p.vault) },
		func() (*service.Service, error) { return secretsmanager.New(p.store, p.vault) },
		func() (*service.Service, error) { return cloudtrail.New(p.trail.known) },
		p.dms.API,
		p.watch.API,
		p.logsAPI.API,
		p.clusters.API,
		func() (*service.Service, error) {
			return own.New(p.directory, p.policies, p.known(), p.dms, serving, p.endpoints)
		},
	} {
		s, err := make()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	networks, err := ec2.New(ec2.Config{
		Store: p.store, Partition: p.cluster.Partition, Account: p.cluster.Account, Region: p.cluster.Region, DNSSuffix: p.config.DNSSuffix,
		Services: behindEndpoints(all),
	})
	if err != nil {
		return nil, err
	}
	all = append(all, networks)
	return all, nil
}

// factors are the users' second factors.
func (p *parts) factors() *identity.Factors {
	return &identity.Factors{Store: p.store, Safe: p.vault.Safe(p.cluster.Region, "iam")}
}

// known asks services about their resources, for explanations.
func (p *parts) known() map[string]own.Known {
	return map[string]own.Known{
		"kms": func(ctx context.Context, call *service.Call, c service.Check) (service.Check, error) {
			checks, err := p.vault.Checks(ctx, call, c.Resource, nil, "", strings.TrimPrefix(c.Action, "kms:"))
			if err != nil {
				return c, err
			}
			return checks[0], nil
		},
		"dms": p.dms.Known,
		"secretsmanager": func(ctx context.Context, call *service.Call, c service.Check) (service.Check, error) {
			as := *call
			as.Service = &secretsmanagerapi.Service
			return secretsmanager.CheckOf(ctx, p.store, &as, c.Action, c.Resource), nil
		},
	}
}

// behindEndpoints lists the services that VPC endpoints may lead to: all but IAM, which has none in AWS either.
func behindEndpoints(all []*service.Service) []string {
	names := []string{"ec2"}
	for _, s := range all {
		if n := s.Model.SigningName; n != "iam" {
			names = append(names, n)
		}
	}
	return names
}
