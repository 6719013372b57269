package dms

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// Prefix is that of all records of this package.
const Prefix = "dms/"

// An Instance is a replication instance: what is wanted of it and, in Status, what it is.
type Instance struct {
	ID, Name      string // ID is the ARN's resource part
	Status        string
	Class         string
	Storage       int64 // GB
	EngineVersion string
	MultiAZ       bool
	Zone          string            `json:",omitempty"`
	SecondaryZone string            `json:",omitempty"`
	SubnetGroup   string            // its name
	Groups        []string          // security groups
	NICs          []string          `json:",omitempty"` // network interfaces in the inventory
	Addresses     []string          `json:",omitempty"` // their private addresses
	Window        string            // PreferredMaintenanceWindow
	AutoMinor     bool              // AutoMinorVersionUpgrade
	Public        bool              // PubliclyAccessible
	NetworkType   string            // IPV4, DUAL
	DNS           string            `json:",omitempty"` // DnsNameServers
	KMSKey        string            // its ARN
	Created       *time.Time        `json:",omitempty"` // when it became available
	Pending       *PendingValues    `json:",omitempty"` // for the maintenance window
	OptIn         string            `json:",omitempty"` // of the pending engine upgrade: next-maintenance
	Boot          int64             // counts reboots: the process of another number is started anew
	Failure       string            `json:",omitempty"`
	Room          string            `json:",omitempty"` // on its disk: low, full, or empty for enough
	Tags          map[string]string `json:",omitempty"`
}

// PendingValues wait for the maintenance window (PendingModifiedValues).
type PendingValues struct {
	Class         string `json:",omitempty"`
	Storage       int64  `json:",omitempty"`
	MultiAZ       *bool  `json:",omitempty"`
	EngineVersion string `json:",omitempty"`
	NetworkType   string `json:",omitempty"`
}

// A SubnetGroup is where instances may live. Its name is its identifier, in lower case.
type SubnetGroup struct {
	Name, Description, VPC string
	Subnets                []string
	Tags                   map[string]string `json:",omitempty"`
}

// A Certificate is what servers are verified by.
type Certificate struct {
	ID, Name  string
	PEM       string `json:",omitempty"`
	Sealed    []byte `json:",omitempty"` // the PEM under KMSKey, where one was named
	Owner     string
	Algorithm string
	KeyLength int64
	From, To  time.Time
	Created   time.Time
	KMSKey    string            `json:",omitempty"`
	Tags      map[string]string `json:",omitempty"`
}

// An Endpoint is a database that is moved from or to. Its password and what else is secret is sealed.
type Endpoint struct {
	ID, Name    string
	Type        string // source or target
	Engine      string
	Status      string
	User        string            `json:",omitempty"`
	Server      string            `json:",omitempty"`
	Port        int64             `json:",omitempty"`
	Database    string            `json:",omitempty"`
	SSLMode     string            // none, require, verify-ca, verify-full
	Certificate string            `json:",omitempty"` // its ID
	Role        string            `json:",omitempty"` // ServiceAccessRoleArn
	KMSKey      string            // its ARN
	Attributes  string            `json:",omitempty"` // ExtraConnectionAttributes, as written
	Settings    map[string]string `json:",omitempty"` // the engine's settings by DMS's names, from the document and the attributes
	Sealed      []byte            `json:",omitempty"` // a JSON object of secrets, under KMSKey
	Created     time.Time
	Tags        map[string]string `json:",omitempty"`
}

// A Connection is the last test of an endpoint from an instance. Its key is the instance's ID and the endpoint's.
type Connection struct {
	Instance, Endpoint string
	Status             string // testing, successful, failed, deleting
	Failure            string `json:",omitempty"`
	Tested             time.Time
	Number             int64 // counts tests: the answer of an earlier one is not taken
}

// Schemas are those that the last RefreshSchemas of an endpoint has found.
type Schemas struct {
	Endpoint, Instance string
	Status             string // refreshing, successful, failed
	Refreshed          *time.Time
	Failure            string   `json:",omitempty"`
	Names              []string `json:",omitempty"`
	Number             int64
}

// A Task is a replication task: what is wanted of it and, in Status, what it is.
type Task struct {
	ID, Name       string
	Status         string
	Source, Target string // IDs of endpoints
	Instance       string
	MovingTo       string   `json:",omitempty"` // an instance
	Leaving        string   `json:",omitempty"` // the instance that a moved task has left, until it has forgotten the task
	Unmoved        *Unmoved `json:",omitempty"`
	MigrationType  string
	Mappings       string     // the document
	Settings       string     // the document, complete with defaults
	Chosen         []string   `json:",omitempty"` // paths of the settings that a person chose
	StartTime      *time.Time `json:",omitempty"` // CdcStartTime
	StartPosition  string     `json:",omitempty"` // CdcStartPosition
	StopPosition   string     `json:",omitempty"` // CdcStopPosition
	Data           string     `json:",omitempty"` // TaskData
	ClearLog       bool       `json:",omitempty"` // the instance has yet to delete its log
	Created        time.Time
	Wish           Wish               // what a person has asked for last
	Attempt        int64              // counts starts: what an earlier one reports is not taken
	Runs           int64              // counts the starts that a person asked for
	Mode           instance.Mode      `json:",omitempty"` // of this attempt
	Sent           bool               `json:",omitempty"` // this attempt may have reached the instance
	Begun          bool               `json:",omitempty"` // some attempt of this run has touched the target
	Cutover        Cutover            `json:",omitempty"`
	Started        *time.Time         `json:",omitempty"`
	FreshStart     *time.Time         `json:",omitempty"`
	StopReason     string             `json:",omitempty"`
	Failure        string             `json:",omitempty"`
	Progress       *instance.Progress `json:",omitempty"` // last known
	Before         string             `json:",omitempty"` // the status to go back to after modifying, moving, testing
	LastRun        string             `json:",omitempty"` // the ID of its latest AssessmentRun
	TypesRun       string             `json:",omitempty"` // of its data type assessment
	Trace          string             `json:",omitempty"` // of the call that started it last, see span.Parent
	Tags           map[string]string  `json:",omitempty"`
}

// Unmoved is a move that has failed, until the task is moved or started.
type Unmoved struct {
	Before  string // the status before
	Failure string
}

// Wish is what was asked of a task last, and is not forgotten by a crash.
type Wish string

// The wishes.
const (
	WishNone   Wish = ""
	WishFresh  Wish = "start-replication"
	WishResume Wish = "resume-processing"
	WishReload Wish = "reload-target"
	WishStop   Wish = "stop"
	WishDelete Wish = "delete"
)

// Cutover is how far the target is from taking over.
type Cutover string

const (
	cutoverNone     Cutover = ""
	cutoverAsked    Cutover = "asked" // the attempt that runs is to end
	cutoverUnderWay Cutover = "under way"
	cutoverDone     Cutover = "done"
)

// An Event is something that happened to a resource. Its key is in the order of time.
type Event struct {
	At         time.Time
	Source     string // identifier of the resource
	SourceType string // replication-instance, replication-task
	Categories []string
	Message    string
}

// A Subscription has events delivered. Its name is its identifier.
type Subscription struct {
	Name       string
	Topic      string   // SnsTopicArn, or the https address of a webhook
	SourceType string   `json:",omitempty"`
	Sources    []string `json:",omitempty"`
	Categories []string `json:",omitempty"`
	Enabled    bool
	Status     string
	Created    time.Time
	Tags       map[string]string `json:",omitempty"`
}
