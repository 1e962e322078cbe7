<section class="hero">
    <div class="wrap hero-row">
        <div class="hero-text">
            <p class="eyebrow"><?= $this->t('landing.eyebrow') ?></p>
            <h1><?= $this->t('landing.heading') ?></h1>
            <p class="lead"><?= $this->t('landing.lead') ?></p>
            <p class="actions">
                <a class="button button-primary button-large" href="<?= $this->url('registerPage') ?>"><?= $this->t('landing.start') ?></a>
                <a class="button button-large" href="#plans"><?= $this->t('landing.see_plans') ?></a>
            </p>
            <p class="muted small"><?= $this->t('landing.no_card') ?></p>
        </div>
        <div class="demo" role="img" aria-label="<?= $this->t('landing.demo') ?>">
            <div class="demo-window" aria-hidden="true">
                <div class="demo-head">
                    <span class="demo-avatar"></span>
                    <span><strong><?= $this->t('landing.demo.name') ?></strong><small><?= $this->t('landing.demo.online') ?></small></span>
                </div>
                <div class="demo-body">
                    <p class="bubble bubble-visitor"><?= $this->t('landing.demo.1') ?></p>
                    <p class="bubble-by"><?= $this->t('landing.demo.ai') ?></p>
                    <p class="bubble"><?= $this->t('landing.demo.2') ?></p>
                    <p class="bubble bubble-visitor"><?= $this->t('landing.demo.3') ?></p>
                    <p class="bubble-by bubble-by-human"><?= $this->t('landing.demo.human') ?></p>
                    <p class="bubble"><?= $this->t('landing.demo.4') ?></p>
                </div>
                <div class="demo-foot"><span></span><i></i></div>
            </div>
        </div>
    </div>
</section>

<section class="section" aria-labelledby="features-heading">
    <div class="wrap">
        <h2 id="features-heading"><?= $this->t('landing.features') ?></h2>
        <ul class="features">
<?php foreach (['ai' => 'spark', 'human' => 'people', 'code' => 'code', 'own' => 'layers'] as $feature => $icon) : ?>
            <li>
                <span class="icon icon-<?= $icon ?>" aria-hidden="true"></span>
                <h3><?= $this->t('landing.feature.' . $feature) ?></h3>
                <p><?= $this->t('landing.feature.' . $feature . '.text') ?></p>
            </li>
<?php endforeach ?>
        </ul>
    </div>
</section>

<section class="section section-tint" aria-labelledby="steps-heading">
    <div class="wrap">
        <h2 id="steps-heading"><?= $this->t('landing.steps') ?></h2>
        <ol class="steps">
<?php foreach ([1, 2, 3] as $step) : ?>
            <li>
                <h3><?= $this->t('landing.step.' . $step) ?></h3>
                <p><?= $this->t('landing.step.' . $step . '.text') ?></p>
            </li>
<?php endforeach ?>
        </ol>
    </div>
</section>

<section class="section" id="plans" aria-labelledby="plans-heading">
    <div class="wrap">
        <h2 id="plans-heading"><?= $this->t('landing.plans') ?></h2>
        <p class="section-lead"><?= $this->t('landing.plans.text') ?></p>
        <div class="plans">
<?php foreach ($plans as $plan) : ?>
            <article class="plan<?= $plan['plan'] === 'pro' ? ' plan-popular' : '' ?>">
<?php if ($plan['plan'] === 'pro') : ?>
                <p class="plan-flag"><?= $this->t('plan.popular') ?></p>
<?php endif ?>
                <h3><?= $this->planName($plan['plan'], $plan['name']) ?></h3>
                <p class="muted"><?= $this->t('plan.' . $plan['plan'] . '.for') ?></p>
                <p class="price"><strong><?= $this->money($plan['price']) ?></strong> <span><?= $this->t('plan.period') ?></span></p>
                <ul class="ticks">
                    <li><?= $this->t('plan.seats', ['count' => $plan['seats']]) ?></li>
<?php if ($plan['max_extra_seats'] > 0) : ?>
                    <li><?= $this->t('plan.extra', ['price' => $this->yuan($plan['extra_seat_price'])]) ?></li>
<?php endif ?>
                    <li><?= $this->t('plan.ai') ?></li>
                    <li><?= $this->t('plan.trial') ?></li>
                </ul>
                <a class="button button-block" href="<?= $this->url('registerPage', ['plan' => $plan['plan']]) ?>"><?= $this->t('plan.choose', ['plan' => $this->planText($plan['plan'], $plan['name'])]) ?></a>
            </article>
<?php endforeach ?>
        </div>
    </div>
</section>

<section class="section" aria-labelledby="faq-heading">
    <div class="wrap wrap-narrow">
        <h2 id="faq-heading"><?= $this->t('landing.faq') ?></h2>
        <div class="faq">
<?php foreach ([1, 2, 3, 4] as $question) : ?>
            <details>
                <summary><?= $this->t('landing.faq.' . $question) ?></summary>
                <p><?= $this->t('landing.faq.' . $question . '.text') ?></p>
            </details>
<?php endforeach ?>
        </div>
    </div>
</section>

<section class="closing">
    <div class="wrap closing-row">
        <h2><?= $this->t('landing.closing') ?></h2>
        <a class="button button-inverse button-large" href="<?= $this->url('registerPage') ?>"><?= $this->t('landing.start') ?></a>
    </div>
</section>
