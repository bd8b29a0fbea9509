//! A running server together with the content it was seeded with and what it uses when left alone.
//! Which contenders take part is decided in `suites`.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{
    client::{Call, Connection},
    failure::Outcome,
    options::Sizes,
    seed::{self, Content, rest::Target},
    server::{Kind, Recipe, Server},
    stats::float,
};

const ATTEMPTS: u32 = 3;

/// A server that can be measured.
#[derive(Debug)]
pub(crate) struct Contender {
    /// The server.
    pub(crate) server: Server,
    /// What it holds.
    pub(crate) content: Content,
    /// CPU seconds it uses per second without any request.
    pub(crate) idle_cpu: f64,
    /// Requests per second while it was seeded by REST; none if it was not.
    pub(crate) seed_rate: Option<f64>,
    client_version: String,
}

impl Contender {
    /// Starts a server and gives it the smaller content.
    pub(crate) async fn start(recipe: Recipe, sizes: Sizes, client_version: &str) -> Outcome<Self> {
        let server = Server::start(recipe).await?;
        server.settle().await?;
        let client_version = client_version.to_owned();
        let content = Content::default();
        let mut contender = Self { server, content, idle_cpu: 0.0, seed_rate: None, client_version };
        contender.seed(sizes).await?;
        contender.server.settle().await?;
        contender.idle_cpu = contender.measure_idle(sizes.idle_seconds).await?;
        Ok(contender)
    }

    /// Starts a server on a store that is seeded.
    pub(crate) async fn seeded(
        recipe: Recipe,
        content: Content,
        idle_seconds: f64,
        client_version: &str,
    ) -> Outcome<Self> {
        let server = Server::start(recipe).await?;
        server.settle().await?;
        let client_version = client_version.to_owned();
        let mut contender = Self { server, content, idle_cpu: 0.0, seed_rate: None, client_version };
        contender.idle_cpu = contender.measure_idle(idle_seconds).await?;
        Ok(contender)
    }

    /// Which server this is.
    pub(crate) fn kind(&self) -> Kind {
        self.server.recipe.kind
    }

    /// `MLflow` version its requests claim to come from.
    pub(crate) fn client_version(&self) -> &str {
        &self.client_version
    }

    /// Adds runs until there are `count`.
    pub(crate) async fn grow(&mut self, count: usize) -> Outcome<()> {
        let start = Instant::now();
        let before = self.content.runs.len();
        match self.kind() {
            Kind::Bare => self.content.runs = seed::imaginary(count, 0).runs,
            Kind::Mlflow => {
                seed::mlflow::add_runs(&self.server.recipe.database(), &mut self.content, count)?;
            }
            Kind::Tiltyard => {
                let target = Target { address: self.server.address, client_version: &self.client_version };
                seed::rest::add_runs(target, &mut self.content, count).await?;
                let requests = 2 * (count - before);
                self.seed_rate = Some(float(requests as u64) / start.elapsed().as_secs_f64());
            }
        }
        Ok(())
    }

    /// CPU used since `before`, less what the server uses anyway in `wall`.
    pub(crate) fn cpu_since(&self, before: Duration, wall: Duration) -> Outcome<Duration> {
        let used = self.server.usage()?.cpu.saturating_sub(before);
        Ok(used.saturating_sub(wall.mul_f64(self.idle_cpu)))
    }

    /// Asks once, refuses any answer but success. A worker that `MLflow`'s supervisor replaces takes its connections
    /// with it, so a lost one is tried again; no measurement goes through here.
    pub(crate) async fn ask(&self, call: &Call) -> Outcome<Bytes> {
        for _ in 1..ATTEMPTS {
            if let Ok(answer) = self.connect().await?.expect(call.clone()).await {
                return Ok(answer);
            }
        }
        self.connect().await?.expect(call.clone()).await
    }

    /// A fresh connection.
    pub(crate) async fn connect(&self) -> Outcome<Connection> {
        Connection::open(self.server.address, &self.client_version).await
    }

    async fn seed(&mut self, sizes: Sizes) -> Outcome<()> {
        if self.kind() == Kind::Bare {
            self.content = seed::imaginary(sizes.runs_before, sizes.models);
            return Ok(());
        }
        let address = self.server.address;
        let start_millis = crate::machine::now_millis()?;
        let target = Target { address, client_version: &self.client_version };
        self.content = seed::rest::lay_ground(target, start_millis).await?;
        self.grow(sizes.runs_before).await?;
        if self.kind() == Kind::Mlflow {
            return seed::mlflow::add_models(&self.server.recipe.database(), &mut self.content, sizes.models);
        }
        let target = Target { address, client_version: &self.client_version };
        seed::rest::add_models(target, &mut self.content, sizes.models).await
    }

    async fn measure_idle(&self, seconds: f64) -> Outcome<f64> {
        let before = self.server.usage()?.cpu;
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        Ok((self.server.usage()?.cpu.saturating_sub(before)).as_secs_f64() / seconds)
    }
}
