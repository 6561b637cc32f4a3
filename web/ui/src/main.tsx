import '@fontsource-variable/source-sans-3/index.css';
import './design/tokens.css';
import './design/base.css';
import './design/layout.css';
import './design/charts.css';
import './design/call.css';
import './design/session.css';
import './design/control.css';

import { createRoot } from 'react-dom/client';

import { App } from './App';
import { applyTheme } from './ui/theme';

applyTheme();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
