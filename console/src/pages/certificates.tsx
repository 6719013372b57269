import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import type { Certificate } from '../api/shown';
import { Do, Form } from '../ui/act';
import { Empty, Loaded, Page } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Area, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';

export default function Certificates() {
  const [making, setMaking] = useState(false);
  const certificates = useLoad(() => all<Certificate>('dms', 'DescribeCertificates', 'Certificates'), [], 8000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>Import certificate</button>;
  return (
    <Page title="Certificates" sub="Authorities that vouch for the databases of endpoints." actions={make}>
      <Loaded from={certificates}>
        {(rows) => (
          <Table label="certificates" rows={rows} empty={<Empty title="There is no certificate yet"><p>An endpoint with verify-ca or verify-full asks that its server's certificate comes from an authority you trust. Import that authority's certificate, in PEM form.</p>{make}</Empty>}
            columns={[
              { name: 'Name', value: (c) => c.CertificateIdentifier },
              { name: 'Owner', value: (c) => c.CertificateOwner },
              { name: 'Valid from', value: (c) => c.ValidFromDate?.toISOString(), cell: (c) => <Time at={c.ValidFromDate} /> },
              { name: 'Valid to', value: (c) => c.ValidToDate?.toISOString(), cell: (c) => <Time at={c.ValidToDate} /> },
              { name: 'Key', value: (c) => [c.SigningAlgorithm, c.KeyLength].filter(Boolean).join(' ') },
              { name: '', value: () => '', cell: (c) => <div class="row-actions"><Do label="Delete" tone="danger" done={certificates.reload} said="The certificate is gone." question={<p>Delete the certificate <b>{c.CertificateIdentifier}</b>? One that an endpoint uses is not deleted.</p>} make={() => call('dms', 'DeleteCertificate', { CertificateArn: c.CertificateArn })} /></div> },
            ]} />
        )}
      </Loaded>
      {making && <Import close={() => setMaking(false)} made={() => { setMaking(false); certificates.reload(); }} />}
    </Page>
  );
}

function Import({ close, made }: { close: () => void; made: () => void }) {
  const [name, setName] = useState('');
  const [pem, setPem] = useState('');
  const wrong = /PRIVATE KEY/.test(pem) ? 'This holds a private key. An endpoint needs the certificate of the authority alone.' : undefined;
  return (
    <Dialog title="Import certificate" onClose={close} wide>
      <Form label="Import" cancel={close} done={made} said="The certificate is there." make={() => call('dms', 'ImportCertificate', { CertificateIdentifier: name, CertificatePem: pem })}>
        <Text label="Name" value={name} onChange={setName} required />
        <Area label="Certificate" value={pem} onChange={setPem} rows={12} code required wrong={wrong} hint="-----BEGIN CERTIFICATE-----, one or several" />
      </Form>
    </Dialog>
  );
}
