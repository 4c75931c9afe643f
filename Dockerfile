# One image for every role; the command chooses: docker run … bridge start --roles router
FROM node:24-bookworm-slim AS build
WORKDIR /app
ENV TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 TURBO_NO_UPDATE_NOTIFIER=1
COPY package.json ./
RUN npm install --global --ignore-scripts --no-fund --no-audit "$(node -p 'require("./package.json").packageManager')"
# Dependencies change less often than sources, so they are a layer of their own.
COPY pnpm-lock.yaml pnpm-workspace.yaml .npmrc ./
RUN pnpm fetch
COPY . .
RUN pnpm install --frozen-lockfile --offline && pnpm run build
# What runs needs the dependencies of services and platforms, and nothing that builds or tests them.
RUN find . -name node_modules -prune -exec rm -rf {} + \
 && pnpm install --prod --frozen-lockfile --offline --filter-prod '{./services/*}...' --filter-prod '{./packages/platforms/*}...' \
 && find packages services -type d \( -name src -o -name .turbo -o -name testing \) -not -path '*/node_modules/*' -prune -exec rm -rf {} + \
 && find packages services -type f \( -name '*.d.ts' -o -name 'tsconfig*.json' -o -name 'turbo.json' -o -name '*.tsbuildinfo' \) -not -path '*/node_modules/*' -delete \
 # The compiler comes along as an optional peer of validators; it, its types and source maps are read by nothing that runs.
 && rm -rf node_modules/.pnpm/typescript@* node_modules/.pnpm/@typescript+* node_modules/.pnpm/@types+* \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM node:24-bookworm-slim
# PID 1 that passes signals on and reaps, wherever the image runs.
RUN apt-get update -q && apt-get install -y -q --no-install-recommends tini && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/packages ./packages
COPY --from=build /app/services ./services
# A new volume takes over the owner of the folder that it is mounted on.
RUN ln -s /app/services/cli/bin/bridge.mjs /usr/local/bin/bridge \
 && ln -s /app/services/cli/bin/health.mjs /usr/local/bin/bridge-health \
 && install -d -o node -g node -m 0750 /run/bridge /data /var/log/bridge
ENV NODE_ENV=production LOG_DIR=/var/log/bridge
ARG VERSION=dev REVISION=unknown
LABEL org.opencontainers.image.title="CometChat Integrations" \
      org.opencontainers.image.description="The bridge that carries every message between CometChat, Discord and Telegram and loses none." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
USER node
WORKDIR /run/bridge
EXPOSE 3000 3001 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["bridge-health"]
ENTRYPOINT ["tini", "--"]
CMD ["bridge", "start"]
