// Desktop notifications, on opt-in: a run needs you, a run failed, the breaker halted.
import type { HostEvent, RunSummary } from '../api/types';
import { live } from './live.svelte';
import { prefs } from './prefs.svelte';
import { visible } from '../text/visible';
import { router } from './router.svelte';
import { toasts } from './toasts.svelte';

export interface Notice {
  title: string;
  body: string;
  href: string;
  tag: string;
  /** Worth a message on other pages of the dashboard too. */
  urgent: boolean;
}

export function noticeOfRun(run: RunSummary): Notice | null {
  const href = `/r/${run.run}`;
  if (run.state === 'waiting') return { title: 'A run needs you', body: run.title, href, tag: `${run.run} waiting`, urgent: true };
  if (run.state !== 'failed') return null;
  const why = run.failure ? ` (${run.failure.replaceAll('_', ' ')})` : '';
  return { title: `A run failed${why}`, body: run.title, href, tag: `${run.run} failed`, urgent: false };
}

export function noticeOfHost(event: HostEvent): Notice | null {
  if (event.kind !== 'breaker_halted') return null;
  return { title: 'The breaker has halted spending', body: event.subject, href: '/budget', tag: `breaker ${event.seq}`, urgent: true };
}

/** Asks the browser for leave. Returns whether it was given. */
export async function allowNotifications(): Promise<boolean> {
  if (!('Notification' in window)) return false;
  return (await Notification.requestPermission()) === 'granted';
}

export function startNotifications(): void {
  const seen = new Set<string>();
  const show = (notice: Notice | null): void => {
    if (!notice || seen.has(notice.tag)) return;
    seen.add(notice.tag);
    const here = document.visibilityState === 'visible';
    if (notice.urgent && here && router.path !== notice.href) toasts.show(notice.title, { detail: visible(notice.body), href: notice.href, tone: 'bad' });
    if (!prefs.notify || !('Notification' in window) || Notification.permission !== 'granted') return;
    if (here && (notice.urgent || router.path === notice.href)) return;
    // The tag makes all tabs of the browser share one notification.
    const shown = new Notification(notice.title, { body: notice.body, tag: notice.tag });
    shown.onclick = () => {
      window.focus();
      router.go(notice.href);
    };
  };
  live.onRun((run) => show(noticeOfRun(run)));
  live.onHost((event) => show(noticeOfHost(event)));
}
