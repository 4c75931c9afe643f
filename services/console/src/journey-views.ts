import { type Journey, type JourneyStep, type RoleContext, displayNameOf } from '@bridge/runtime';
import { platformId } from '@bridge/core';
import type { JourneyView, StepView } from './protocol.ts';

type Known = RoleContext['known'];

/** A journey as the page shows it. */
export function journeyView(known: Known, { event, source, steps }: Journey): JourneyView {
  const [first] = steps;
  const at = event.indexOf('_');
  const name = displayNameOf(known, platformId(source?.platform ?? event.slice(0, Math.max(0, at))));
  return {
    event,
    platform: name,
    ...(source === undefined ? {} : { conversation: source.conversation }),
    type: first?.type ?? '',
    receivedAt: first?.receivedAt ?? 0,
    steps: steps.map((step) => stepView(known, step)),
  };
}

function stepView(known: Known, step: JourneyStep): StepView {
  const { target, targets, attempt, reason, bridge, bridges, startedAt } = step;
  const via = bridge ?? bridges?.join(', ');
  return {
    step: step.step,
    at: step.at,
    messages: step.messages ?? [],
    urls: step.messageUrls ?? [],
    ...(target === undefined ? {} : { target: displayNameOf(known, platformId(target.platform)), conversation: target.conversation }),
    ...(targets === undefined ? {} : { targets: targets.map(({ platform }) => displayNameOf(known, platformId(platform))) }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(reason === undefined ? {} : { reason }),
    ...(via === undefined ? {} : { bridge: via }),
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}

/** The latest events of a run of steps, newest first. */
export function recentJourneys(known: Known, steps: readonly JourneyStep[], count: number): readonly JourneyView[] {
  const journeys = new Map<string, JourneyStep[]>();
  for (const step of steps) {
    const name = `${step.event} ${step.source?.conversation ?? ''} ${step.eventKey}`;
    journeys.set(name, [...(journeys.get(name) ?? []), step]);
  }
  return [...journeys.values()]
    .map((own): Journey => ({ event: own[0]?.event ?? '', ...(own[0]?.source === undefined ? {} : { source: own[0].source }), steps: own }))
    .toSorted((a, b) => (b.steps[0]?.receivedAt ?? 0) - (a.steps[0]?.receivedAt ?? 0))
    .slice(0, count)
    .map((journey) => journeyView(known, journey));
}
