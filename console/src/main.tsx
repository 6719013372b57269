import { render } from 'preact';
import { App } from './app';

const at = document.getElementById('app') as HTMLElement;
at.replaceChildren();
render(<App />, at);
