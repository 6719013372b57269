package mapping

import (
	"github.com/whimbreldb/whimbrel/internal/document"
)

// objectMapping checks a rule that shapes records for Kafka, Kinesis or DynamoDB.
func (p *parser) objectMapping(r *document.Reader, h Header) {
	word(r, "rule-action", "map-record-to-record", "map-record-to-document")
	if _, lr := locate(r, []string{"schema-name", "table-name"}); lr != nil {
		lr.Done()
	}
	r.Text("target-table-name")
	r.Text("kafka-target-topic")
	r.Flag("disable-kafka-topic-normalization", false)
	if n := r.Take("mapping-parameters"); n != nil {
		if mr, ok := n.Read(r.Subject, r.Problems); ok {
			mappingParameters(mr)
			mr.Done()
		}
	}
	p.rules.Deferred = append(p.rules.Deferred, Deferred{h, "object mapping belongs to Kafka, Kinesis and DynamoDB targets"})
}

func mappingParameters(r *document.Reader) {
	if r.Take("partition-key-type") != nil {
		kind := word(r, "partition-key-type", "attribute-name", "constant", "transaction-id", "schema-table", "primary-key")
		if kind == "attribute-name" && r.Take("partition-key-name") == nil {
			r.Missing("partition-key-name", "the column or attribute that partition-key-type attribute-name is about")
		}
	}
	r.Text("partition-key-name")
	r.Text("sort-key-name")
	r.Texts("exclude-columns")
	attributes, _ := r.Array("attribute-mappings")
	for _, n := range attributes {
		ar, ok := n.Read(r.Subject, r.Problems)
		if !ok {
			continue
		}
		text(ar, "target-attribute-name", "the name of the attribute")
		if ar.Take("attribute-type") != nil {
			word(ar, "attribute-type", "scalar", "document")
		}
		ar.Text("attribute-sub-type")
		if ar.Take("value") == nil {
			ar.Missing("value", "a template such as ${column}")
		}
		ar.Done()
	}
	r.Flag("apply-during-cdc", false)
	r.Flag("apply-during-full-load", true)
	if n := r.Take("condition-expression"); n != nil {
		conditionExpression(n, r)
	}
}

func conditionExpression(n *document.Node, r *document.Reader) {
	cr, ok := n.Read(r.Subject, r.Problems)
	if !ok {
		return
	}
	text(cr, "expression", "a DynamoDB condition expression")
	cr.Array("expression-attribute-values")
	cr.Take("expression-attribute-names")
	cr.Flag("apply-during-cdc", false)
	cr.Flag("apply-during-full-load", true)
	cr.Done()
}

const maxTags = 10

// postProcessing checks a rule that tags objects in S3.
func (p *parser) postProcessing(r *document.Reader, h Header) {
	word(r, "rule-action", "add-tag")
	if _, lr := locate(r, []string{"schema-name", "table-name"}); lr != nil {
		lr.Done()
	}
	tags, ok := r.Array("tag-set")
	if ok && len(tags) == 0 || r.Take("tag-set") == nil {
		r.Missing("tag-set", "1 to 10 tags")
	} else if len(tags) > maxTags {
		r.Failf(r.Take("tag-set"), "holds %d tags; want 1 to %d", len(tags), maxTags)
	}
	for _, n := range tags {
		if tr, ok := n.Read(r.Subject, r.Problems); ok {
			text(tr, "key", "the key of the tag")
			tr.Text("value")
			tr.Done()
		}
	}
	p.rules.Deferred = append(p.rules.Deferred, Deferred{h, "post-processing tags belong to S3 targets"})
}
