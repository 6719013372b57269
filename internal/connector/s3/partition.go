package s3

import (
	"time"
	_ "time/tzdata" // a bare machine knows no zones

	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// partition is how the files of changes lie in folders by the date of their commits.
type partition struct {
	on     bool
	layout string // of package time
	zone   *time.Location
}

// sequences are the layouts of DatePartitionSequence, with a slash where the delimiter goes.
var sequences = map[string][]string{
	"YYYYMMDD":   {"2006", "01", "02"},
	"YYYYMMDDHH": {"2006", "01", "02", "15"},
	"YYYYMM":     {"2006", "01"},
	"MMYYYYDD":   {"01", "2006", "02"},
	"DDMMYYYY":   {"02", "01", "2006"},
}

var delimiters = map[string]string{"SLASH": "/", "UNDERSCORE": "_", "DASH": "-", "NONE": ""}

func (s *settings) readPartition(r *setting.Reader) {
	s.partition.zone = time.UTC
	s.partition.on = r.Truth("DatePartitionEnabled", false)
	sequence := r.Choice("DatePartitionSequence", "YYYYMMDD", "YYYYMMDDHH", "YYYYMM", "MMYYYYDD", "DDMMYYYY")
	delimiter := delimiters[r.Choice("DatePartitionDelimiter", "SLASH", "UNDERSCORE", "DASH", "NONE")]
	for i, part := range sequences[sequence] {
		if i > 0 {
			s.partition.layout += delimiter
		}
		s.partition.layout += part
	}
	if name := r.Text("DatePartitionTimezone", ""); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			r.Fail("DatePartitionTimezone", name, "a zone such as Europe/Paris")
			return
		}
		s.partition.zone = zone
	}
}

// appendFolder appends where the files of a commit go, below the table's folder, with its slash.
func (p partition) appendFolder(dst []byte, at time.Time) []byte {
	if !p.on {
		return dst
	}
	return append(at.In(p.zone).AppendFormat(dst, p.layout), '/')
}

// stamp is the name of a file of changes without its extension. It is in UTC whatever the zone of the folders is: where clocks go
// back, names would not be in the order of the commits, and two files could come by one name.
func stamp(at time.Time) string {
	at = at.UTC()
	return at.Format("20060102-150405") + at.Format(".000")[1:]
}
