import { render } from 'preact';
import { App } from './app';
import { startClock } from './clock';
import { startKeys } from './keys';
import { startRouter } from './router';
import { startSettings } from './setting';
import { startStore } from './store';
import { startStream } from './stream';
import './styles/index.css';

startSettings();
startClock();
startRouter();
startKeys();
startStore();
startStream();

const root = document.getElementById('app');
if (root) render(<App />, root);
