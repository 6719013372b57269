package dms

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service/ec2"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// The model of what tasks stand on: each resource by its identifier, with what it needs. Controllers take their steps when the test says so, so that
// every answer is known beforehand.
type (
	modelInstance struct{ arn, status, group, class string }
	modelEndpoint struct{ arn, kind, certificate string }
	modelTask     struct{ arn, status, instance, source, target string }
)

// estate holds the service to the model. Needs are ARNs, which outlive a change of the identifier.
type estate struct {
	*desk
	t            *rapid.T
	c            *controller
	pem          string
	subnets      []string
	groups       map[string]bool
	certificates map[string]string // to ARNs
	instances    map[string]*modelInstance
	endpoints    map[string]*modelEndpoint
	tasks        map[string]*modelTask
	connections  map[[2]string]string // instance and endpoint, to the status
}

// The answers that a call may be refused with.
const (
	taken    = "ResourceAlreadyExistsFault"
	missing  = "ResourceNotFoundFault"
	badTime  = "InvalidResourceStateFault"
	badUse   = "InvalidParameterValueException"
	nothing  = "InvalidParameterCombinationException"
	noneSuch = "NONESUCH"
)

// ask calls an operation as the edge does. It is to succeed without problems, and with some to be refused for one of them.
func (m *estate) ask(name string, in any, problems []string) any {
	m.t.Helper()
	ctx := context.Background()
	call, op := m.call(m.api, name), m.api.Operation(name)
	_, err := op.Access(ctx, call, in)
	require.NoError(m.t, err, name)
	require.NoError(m.t, m.api.Model.Validate(wire.JSON11, call.Operation, in), name)
	out, err := op.Do(ctx, call, in)
	if err == nil {
		require.Empty(m.t, problems, "%s has succeeded", name)
		return out
	}
	var refused *wire.Error
	require.ErrorAs(m.t, err, &refused, name)
	require.True(m.t, m.api.Model.Modelled(call.Operation, refused.Code), "%s answers %v", name, refused)
	require.Contains(m.t, problems, refused.Code, "%s answers %v", name, refused)
	return nil
}

// when collects the problems that there are.
func when(problems map[string]bool) (all []string) {
	for code, there := range problems {
		if there {
			all = append(all, code)
		}
	}
	return all
}

func (m *estate) one(of ...string) string { return rapid.SampledFrom(of).Draw(m.t, "which") }

func (m *estate) instance() string { return m.one("a", "b") }
func (m *estate) endpoint() string { return m.one("s", "t", "u") }
func (m *estate) task() string     { return m.one("x", "y") }

func (m *estate) arnOf(k kind, there bool, arn string) *string {
	if there {
		return &arn
	}
	return new(m.desk.arn(k, noneSuch))
}

func (m *estate) instanceARN(name string) *string {
	i := m.instances[name]
	if i == nil {
		return m.arnOf(instances, false, "")
	}
	return &i.arn
}

func (m *estate) endpointARN(name string) *string {
	e := m.endpoints[name]
	if e == nil {
		return m.arnOf(endpoints, false, "")
	}
	return &e.arn
}

func (m *estate) is(name, status string) bool {
	return m.instances[name] != nil && m.instances[name].status == status
}

// uses reports whether a task that is not gone needs an instance or an endpoint.
func (m *estate) uses(arn string) bool {
	for _, t := range m.tasks {
		if arn != "" && (t.instance == arn || t.source == arn || t.target == arn) {
			return true
		}
	}
	return false
}

func (m *estate) makeGroup(*rapid.T) {
	name := m.one("g1", "g2")
	if m.ask("CreateReplicationSubnetGroup", &createGroup{ReplicationSubnetGroupIdentifier: &name, ReplicationSubnetGroupDescription: new("-"), SubnetIds: m.subnets}, when(map[string]bool{taken: m.groups[name]})) != nil {
		m.groups[name] = true
	}
}

func (m *estate) dropGroup(*rapid.T) {
	name, used := m.one("g1", "g2"), false
	for _, i := range m.instances {
		used = used || i.group == name
	}
	if m.ask("DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: &name}, when(map[string]bool{missing: !m.groups[name], badTime: used})) != nil {
		delete(m.groups, name)
	}
}

func (m *estate) makeCertificate(*rapid.T) {
	name := m.one("c1", "c2")
	out := m.ask("ImportCertificate", &dmsapi.ImportCertificateMessage{CertificateIdentifier: &name, CertificatePem: &m.pem}, when(map[string]bool{taken: m.certificates[name] != ""}))
	if out != nil {
		m.certificates[name] = *out.(*dmsapi.ImportCertificateResponse).Certificate.CertificateArn
	}
}

func (m *estate) dropCertificate(*rapid.T) {
	name, used := m.one("c1", "c2"), false
	arn := m.certificates[name]
	for _, e := range m.endpoints {
		used = used || arn != "" && e.certificate == arn
	}
	in := &dmsapi.DeleteCertificateMessage{CertificateArn: m.arnOf(certificates, arn != "", arn)}
	if m.ask("DeleteCertificate", in, when(map[string]bool{missing: arn == "", badTime: used})) != nil {
		delete(m.certificates, name)
	}
}

func (m *estate) makeInstance(*rapid.T) { m.addInstance(m.instance(), m.one(defaultGroup, "g1", "g2")) }

func (m *estate) addInstance(name, group string) {
	in := &createInstance{ReplicationInstanceIdentifier: &name, ReplicationInstanceClass: new("dms.t3.medium")}
	if group != defaultGroup {
		in.ReplicationSubnetGroupIdentifier = &group
	}
	out := m.ask("CreateReplicationInstance", in, when(map[string]bool{taken: m.instances[name] != nil, missing: group != defaultGroup && !m.groups[group]}))
	if out != nil {
		m.groups[group] = true // the default one is made when it is first needed
		m.instances[name] = &modelInstance{arn: *out.(*dmsapi.CreateReplicationInstanceResponse).ReplicationInstance.ReplicationInstanceArn, status: instanceCreating, group: group, class: "dms.t3.medium"}
	}
}

func (m *estate) renameInstance(*rapid.T) {
	name, then := m.instance(), m.instance()
	in := &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: m.instanceARN(name), ReplicationInstanceIdentifier: &then}
	out := m.ask("ModifyReplicationInstance", in, when(map[string]bool{
		missing: m.instances[name] == nil, badTime: m.instances[name] != nil && !m.is(name, instanceAvailable), nothing: name == then, taken: name != then && m.instances[then] != nil,
	}))
	if out != nil {
		m.instances[then] = m.instances[name]
		delete(m.instances, name)
	}
}

func (m *estate) reclassInstance(*rapid.T) {
	name, class := m.instance(), m.one("dms.t3.medium", "dms.t3.large")
	i := m.instances[name]
	in := &dmsapi.ModifyReplicationInstanceMessage{ReplicationInstanceArn: m.instanceARN(name), ReplicationInstanceClass: &class, ApplyImmediately: new(true)}
	out := m.ask("ModifyReplicationInstance", in, when(map[string]bool{missing: i == nil, badTime: i != nil && !m.is(name, instanceAvailable), nothing: i != nil && i.class == class}))
	if out != nil {
		i.class, i.status = class, instanceModifying
	}
}

func (m *estate) rebootInstance(*rapid.T) {
	name := m.instance()
	out := m.ask("RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: m.instanceARN(name)}, when(map[string]bool{missing: m.instances[name] == nil, badTime: !m.is(name, instanceAvailable)}))
	if out != nil {
		m.instances[name].status = instanceRebooting
	}
}

func (m *estate) dropInstance(*rapid.T) {
	name := m.instance()
	arn := m.instanceARN(name)
	out := m.ask("DeleteReplicationInstance", &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: arn}, when(map[string]bool{missing: m.instances[name] == nil, badTime: m.is(name, instanceDeleting) || m.uses(*arn)}))
	if out != nil {
		m.instances[name].status = instanceDeleting
		maps.DeleteFunc(m.connections, func(c [2]string, _ string) bool { return c[0] == *arn })
	}
}

// verified says by which certificate an endpoint verifies its server; empty for none.
func (m *estate) verified() (arn *string, mode string, unknown bool) {
	name := m.one("", "c1", "c2")
	if name == "" {
		return nil, "require", false
	}
	have := m.certificates[name]
	return m.arnOf(certificates, have != "", have), "verify-ca", have == ""
}

func (m *estate) makeEndpoint(*rapid.T) { m.addEndpoint(m.endpoint(), m.one("source", "target")) }

func (m *estate) addEndpoint(name, kind string) {
	certificate, mode, unknown := m.verified()
	out := m.ask("CreateEndpoint", &dmsapi.CreateEndpointMessage{
		EndpointIdentifier: &name, EndpointType: &kind, EngineName: new("postgres"), ServerName: new("10.1.0.9"), Port: new(int64(5432)), DatabaseName: new("shop"), Username: new("u"), Password: new("p"),
		CertificateArn: certificate, SslMode: &mode,
	}, when(map[string]bool{taken: m.endpoints[name] != nil, missing: unknown}))
	if out != nil {
		m.endpoints[name] = &modelEndpoint{arn: *out.(*dmsapi.CreateEndpointResponse).Endpoint.EndpointArn, kind: kind, certificate: value(certificate)}
	}
}

func (m *estate) changeEndpoint(*rapid.T) {
	name, then := m.endpoint(), m.endpoint()
	certificate, mode, unknown := m.verified()
	e, kind := m.endpoints[name], m.one("source", "target")
	if e != nil && rapid.Bool().Draw(m.t, "of the same type") {
		kind = e.kind
	}
	in := &dmsapi.ModifyEndpointMessage{EndpointArn: m.endpointARN(name), EndpointIdentifier: &then, EndpointType: &kind, SslMode: &mode, CertificateArn: certificate}
	if certificate == nil {
		in.CertificateArn = new("")
	}
	out := m.ask("ModifyEndpoint", in, when(map[string]bool{
		missing: e == nil || unknown, taken: e != nil && name != then && m.endpoints[then] != nil, badTime: e != nil && e.kind != kind && m.uses(e.arn),
	}))
	if out == nil {
		return
	}
	delete(m.endpoints, name)
	m.endpoints[then] = e
	e.kind, e.certificate = kind, value(certificate)
	for c := range m.connections {
		if c[1] == e.arn {
			m.connections[c] = connectionTesting
		}
	}
}

func (m *estate) dropEndpoint(*rapid.T) {
	name := m.endpoint()
	arn := m.endpointARN(name)
	if m.ask("DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: arn}, when(map[string]bool{missing: m.endpoints[name] == nil, badTime: m.uses(*arn)})) != nil {
		delete(m.endpoints, name)
		maps.DeleteFunc(m.connections, func(c [2]string, _ string) bool { return c[1] == *arn })
	}
}

func (m *estate) tryConnection(*rapid.T) {
	i, e := m.instance(), m.endpoint()
	pair := [2]string{*m.instanceARN(i), *m.endpointARN(e)}
	out := m.ask("TestConnection", &dmsapi.TestConnectionMessage{ReplicationInstanceArn: &pair[0], EndpointArn: &pair[1]}, when(map[string]bool{
		missing: m.instances[i] == nil || m.endpoints[e] == nil, badTime: m.instances[i] != nil && !m.is(i, instanceAvailable) || m.connections[pair] == connectionTesting,
	}))
	if out != nil {
		m.connections[pair] = connectionTesting
	}
}

func (m *estate) dropConnection(*rapid.T) {
	pair := [2]string{*m.instanceARN(m.instance()), *m.endpointARN(m.endpoint())}
	_, there := m.connections[pair]
	if m.ask("DeleteConnection", &dmsapi.DeleteConnectionMessage{ReplicationInstanceArn: &pair[0], EndpointArn: &pair[1]}, when(map[string]bool{missing: !there})) != nil {
		delete(m.connections, pair)
	}
}

func (m *estate) makeTask(*rapid.T) { m.addTask(m.task(), m.instance(), m.endpoint(), m.endpoint()) }

// furnish makes what a task needs and is not there, and the task: what is drawn at random alone seldom fits together.
func (m *estate) furnish(*rapid.T) {
	i, group := m.instance(), defaultGroup
	if m.groups["g1"] {
		group = "g1"
	}
	m.addInstance(i, group)
	m.addEndpoint("s", "source")
	m.addEndpoint("t", "target")
	m.step(m.t)
	m.addTask(m.task(), i, "s", "t")
}

func (m *estate) addTask(name, i, source, target string) {
	from, to := m.endpoints[source], m.endpoints[target]
	t := &modelTask{status: taskCreating, instance: *m.instanceARN(i), source: *m.endpointARN(source), target: *m.endpointARN(target)}
	out := m.ask("CreateReplicationTask", &dmsapi.CreateReplicationTaskMessage{
		ReplicationTaskIdentifier: &name, MigrationType: new(fullLoad), TableMappings: new(everything), SourceEndpointArn: &t.source, TargetEndpointArn: &t.target, ReplicationInstanceArn: &t.instance,
	}, when(map[string]bool{
		missing: from == nil || to == nil || m.instances[i] == nil, badUse: from != nil && from.kind != "source" || to != nil && to.kind != "target",
		badTime: m.instances[i] != nil && !m.is(i, instanceAvailable), taken: m.tasks[name] != nil,
	}))
	if out != nil {
		t.arn = *out.(*dmsapi.CreateReplicationTaskResponse).ReplicationTask.ReplicationTaskArn
		m.tasks[name] = t
	}
}

func (m *estate) dropTask(*rapid.T) {
	t := m.tasks[m.task()]
	in := &dmsapi.DeleteReplicationTaskMessage{ReplicationTaskArn: m.arnOf(tasks, t != nil, "")}
	if t != nil {
		in.ReplicationTaskArn = &t.arn
	}
	if m.ask("DeleteReplicationTask", in, when(map[string]bool{missing: t == nil, badTime: t != nil && t.status == taskDeleting})) != nil {
		t.status = taskDeleting
	}
}

// step lets the controllers take everything to its end.
func (m *estate) step(*rapid.T) {
	ctx := context.Background()
	for name, t := range m.tasks {
		require.NoError(m.t, m.c.task(ctx, m.id(tasks, t.arn)))
		if t.status == taskDeleting {
			delete(m.tasks, name)
			continue
		}
		t.status = taskReady
	}
	for name, i := range m.instances {
		rec, err := lookup[Instance](m.outside(ctx), instances, m.id(instances, i.arn))
		require.NoError(m.t, err)
		if i.status == instanceDeleting {
			require.NoError(m.t, m.c.removeInstance(ctx, rec))
			delete(m.instances, name)
			continue
		}
		require.NoError(m.t, m.c.arrive(ctx, rec))
		i.status = instanceAvailable
	}
	for pair := range m.connections {
		_, err := m.Store.Update(ctx, func(tx store.Tx) error {
			key := connectionKey(m.id(instances, pair[0]), m.id(endpoints, pair[1]))
			c, err := store.Read[Connection](tx, key)
			c.Status = successful
			return firstError(err, func() error { return store.Write(tx, key, c) })
		})
		require.NoError(m.t, err)
		m.connections[pair] = successful
	}
}

func firstError(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func (m *estate) id(k kind, arn string) string {
	id, err := m.parseOf(k, arn)
	require.NoError(m.t, err)
	return id
}

// look holds what is described, and what is stored, to the model.
func (m *estate) look(*rapid.T) {
	want, have := map[string]string{}, map[string]string{}
	for name, i := range m.instances {
		want["instance "+name] = i.arn + " " + i.status + " " + i.class
	}
	for _, i := range m.ask("DescribeReplicationInstances", &dmsapi.DescribeReplicationInstancesMessage{}, nil).(*dmsapi.DescribeReplicationInstancesResponse).ReplicationInstances {
		have["instance "+*i.ReplicationInstanceIdentifier] = *i.ReplicationInstanceArn + " " + *i.ReplicationInstanceStatus + " " + *i.ReplicationInstanceClass
	}
	for name, e := range m.endpoints {
		want["endpoint "+name] = e.arn + " active " + e.kind + " " + e.certificate
	}
	for _, e := range m.ask("DescribeEndpoints", &dmsapi.DescribeEndpointsMessage{}, nil).(*dmsapi.DescribeEndpointsResponse).Endpoints {
		have["endpoint "+*e.EndpointIdentifier] = *e.EndpointArn + " " + *e.Status + " " + strings.ToLower(*e.EndpointType) + " " + value(e.CertificateArn)
	}
	for name, t := range m.tasks {
		want["task "+name] = strings.Join([]string{t.arn, t.status, t.instance, t.source, t.target}, " ")
	}
	for _, t := range m.ask("DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{}, nil).(*dmsapi.DescribeReplicationTasksResponse).ReplicationTasks {
		have["task "+*t.ReplicationTaskIdentifier] = strings.Join([]string{*t.ReplicationTaskArn, *t.Status, *t.ReplicationInstanceArn, *t.SourceEndpointArn, *t.TargetEndpointArn}, " ")
	}
	for pair, status := range m.connections {
		want["connection "+strings.Join(pair[:], " ")] = status
	}
	for _, c := range m.ask("DescribeConnections", &dmsapi.DescribeConnectionsMessage{}, nil).(*dmsapi.DescribeConnectionsResponse).Connections {
		have["connection "+*c.ReplicationInstanceArn+" "+*c.EndpointArn] = *c.Status
	}
	require.Equal(m.t, want, have)
	require.Equal(m.t, m.keysWanted(), m.keysThere(), "names and references")
	nics, err := m.ec2.Operation("DescribeNetworkInterfaces").Do(context.Background(), m.call(m.ec2, "DescribeNetworkInterfaces"), &ec2api.DescribeNetworkInterfacesRequest{})
	require.NoError(m.t, err)
	require.Len(m.t, nics.(*ec2api.DescribeNetworkInterfacesResult).NetworkInterfaces, len(m.instances), "network interfaces")
}

// keysWanted are the names that are taken and the references that stand.
func (m *estate) keysWanted() (all []string) {
	name := func(k kind, name string) { all = append(all, k.names()+name) }
	needs := func(to kind, id string, from kind, by string) {
		all = append(all, reference(to, id, from, m.id(from, by)))
	}
	for n, i := range m.instances {
		name(instances, n)
		needs(subnetGroups, i.group, instances, i.arn)
	}
	for n, e := range m.endpoints {
		name(endpoints, n)
		if e.certificate != "" {
			needs(certificates, m.id(certificates, e.certificate), endpoints, e.arn)
		}
	}
	for n, t := range m.tasks {
		name(tasks, n)
		needs(instances, m.id(instances, t.instance), tasks, t.arn)
		needs(endpoints, m.id(endpoints, t.source), tasks, t.arn)
		needs(endpoints, m.id(endpoints, t.target), tasks, t.arn)
	}
	for n := range m.certificates {
		name(certificates, n)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (m *estate) keysThere() (all []string) {
	for _, prefix := range []string{Prefix + "name/", Prefix + "ref/"} {
		page, err := m.Store.List(context.Background(), store.Range{Prefix: prefix})
		require.NoError(m.t, err)
		for _, item := range page.Items {
			all = append(all, item.Key)
		}
	}
	slices.Sort(all)
	return all
}

// clear deletes everything in an order in which nothing stands in the way, and finds nothing left.
func (m *estate) clear() {
	m.step(m.t)
	for _, t := range m.tasks {
		m.ask("DeleteReplicationTask", &dmsapi.DeleteReplicationTaskMessage{ReplicationTaskArn: &t.arn}, nil)
		t.status = taskDeleting
	}
	m.step(m.t)
	for _, i := range m.instances {
		m.ask("DeleteReplicationInstance", &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: &i.arn}, nil)
		i.status = instanceDeleting
	}
	clear(m.connections)
	m.step(m.t)
	for name, e := range m.endpoints {
		m.ask("DeleteEndpoint", &dmsapi.DeleteEndpointMessage{EndpointArn: &e.arn}, nil)
		delete(m.endpoints, name)
	}
	for name, arn := range m.certificates {
		m.ask("DeleteCertificate", &dmsapi.DeleteCertificateMessage{CertificateArn: &arn}, nil)
		delete(m.certificates, name)
	}
	for name := range m.groups {
		m.ask("DeleteReplicationSubnetGroup", &dmsapi.DeleteReplicationSubnetGroupMessage{ReplicationSubnetGroupIdentifier: &name}, nil)
	}
	m.look(m.t)
	page, err := m.Store.List(context.Background(), store.Range{Prefix: Prefix})
	require.NoError(m.t, err)
	for _, item := range page.Items {
		require.True(m.t, item.Key == roleKey || strings.HasPrefix(item.Key, eventKeys), "%s is left", item.Key)
	}
}

// TestWhatTasksStandOnKeepsToTheModel does random operations on subnet groups, certificates, instances, endpoints, connections and tasks in a random
// order, and holds every answer, every description and every name and reference in the store to a model: a deletion or a change is refused
// exactly while something stands on it, and in the end all can be deleted and nothing is left.
func TestWhatTasksStandOnKeepsToTheModel(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Host = newWorld(1) })
	c, pem, zones := newController(d.Service, "us"), someAuthority(t), d.subnets()
	rapid.Check(t, func(rt *rapid.T) {
		m := &estate{
			desk: d, t: rt, c: c, pem: pem, subnets: []string{zones[testRegion+"a"][0], zones[testRegion+"b"][0]}, groups: map[string]bool{}, certificates: map[string]string{},
			instances: map[string]*modelInstance{}, endpoints: map[string]*modelEndpoint{}, tasks: map[string]*modelTask{}, connections: map[[2]string]string{},
		}
		m.wipe()
		rt.Repeat(map[string]func(*rapid.T){
			"make group": m.makeGroup, "drop group": m.dropGroup, "make certificate": m.makeCertificate, "drop certificate": m.dropCertificate,
			"make instance": m.makeInstance, "rename instance": m.renameInstance, "class of instance": m.reclassInstance, "reboot": m.rebootInstance,
			"drop instance": m.dropInstance, "drop instance more": m.dropInstance, "make endpoint": m.makeEndpoint, "change endpoint": m.changeEndpoint, "drop endpoint": m.dropEndpoint,
			"try connection": m.tryConnection, "try connection more": m.tryConnection, "drop connection": m.dropConnection, "make task": m.makeTask, "drop task": m.dropTask,
			"furnish": m.furnish, "furnish more": m.furnish, "furnish again": m.furnish, "step": m.step, "step more": m.step, "": m.look,
		})
		m.clear()
	})
}

// wipe takes away what a case that has failed has left, so that the next one fails, or does not, by itself.
func (m *estate) wipe() {
	_, err := m.Store.Update(context.Background(), func(tx store.Tx) error {
		page, err := tx.List(store.Range{Prefix: Prefix})
		for _, item := range page.Items {
			var i Instance
			if strings.HasPrefix(item.Key, instances.keys()) && item.Decode(&i) == nil {
				for _, nic := range i.NICs {
					ec2.Detach(tx, nic)
				}
			}
			tx.Delete(item.Key)
		}
		tx.Put(roleKey, []byte(m.c.role))
		return err
	})
	require.NoError(m.t, err)
}
