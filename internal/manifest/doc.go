// Package manifest makes a whole migration from one YAML file: replication instances, certificates, endpoints and tasks,
// with the members that the DMS API gives them. Applying it twice changes nothing the second time.
//
//	ReplicationInstances:
//	  - ReplicationInstanceIdentifier: shop
//	    ReplicationInstanceClass: dms.t3.medium
//	Endpoints:
//	  - {EndpointIdentifier: shop-old, EndpointType: source, EngineName: postgres, ServerName: old.example.com, Port: 5432,
//	     DatabaseName: shop, Username: dms, Password: "${SHOP_OLD_PASSWORD}"}
//	  - …
//	ReplicationTasks:
//	  - ReplicationTaskIdentifier: shop
//	    ReplicationInstance: shop      # identifiers stand where the API wants ARNs
//	    SourceEndpoint: shop-old
//	    TargetEndpoint: shop-new
//	    MigrationType: full-load-and-cdc
//	    TableMappings: file://mappings.json
//	    Start: true
//
// Everything goes through the API: what a file does, a script can do with any SDK, and no more is allowed to it.
package manifest
