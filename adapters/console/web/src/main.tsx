import { QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider, theme } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { setLang, getLang, useLang } from './i18n';
import { queries } from './live';
import { useDark, useStill } from './settings';
import './style.css';

// Every style that antd makes carries the nonce of this page.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;

// Its dialogs make two more by themselves and forget the nonce there.
const make = document.createElement.bind(document);
document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const el = make(name, options);
  if (name === 'style' && nonce) el.nonce = nonce;
  return el;
}) as typeof document.createElement;

function Root() {
  const lang = useLang();
  const dark = useDark();
  const still = useStill();
  return (
    <ConfigProvider
      locale={lang === 'zh' ? zhCN : enUS}
      csp={{ nonce }}
      getPopupContainer={(near) => near?.closest<HTMLElement>('header, main') ?? document.body}
      theme={{
        algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
        token: {
          colorPrimary: dark ? '#5b7cfa' : '#2f54eb', borderRadius: 8, fontSize: 14, wireframe: false, motion: !still, colorBgElevated: dark ? '#222733' : '#fff', colorBgContainer: dark ? '#1d222c' : '#fff', colorBorder: dark ? '#363d4b' : '#d9dde5', colorTextPlaceholder: dark ? '#98a3b8' : '#626b7e',
          fontFamily: '-apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Micro Hei", sans-serif',
        },
        components: { Button: { primaryShadow: 'none', defaultShadow: 'none', contentFontSizeSM: 13 } },
      }}
      button={{ autoInsertSpace: false }}
    >
      <AntApp notification={{ placement: 'bottomRight' }} message={{ maxCount: 3, top: 62, getContainer: () => document.getElementById('toasts')! }}>
        <App />
      </AntApp>
    </ConfigProvider>
  );
}

setLang(getLang());
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queries}>
    <Root />
  </QueryClientProvider>,
);
