<div class="wrap">
    <header class="page-head">
        <h1><?= $this->t('register.heading') ?></h1>
        <p class="lead"><?= $this->t('register.lead') ?></p>
    </header>
<?php if (($errors[''] ?? '') !== '') : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $errors['']]) ?>
<?php elseif ($errors !== []) : ?>
    <?= $this->partial('_notice', ['kind' => 'error', 'text' => $this->text('error.summary')]) ?>
<?php endif ?>
    <form class="register" method="post" action="<?= $this->url('register') ?>" novalidate data-once data-sending="<?= $this->t('register.sending') ?>">
        <?= $this->csrf() ?>
        <div class="panel register-fields">
            <?= $this->field('company_name', $errors, $values, ['label' => 'register.company_name', 'hint' => 'register.company_name.hint', 'required' => true, 'maxlength' => '100', 'autocomplete' => 'organization']) ?>
            <?= $this->field('email', $errors, $values, ['label' => 'register.email', 'hint' => $member ? 'register.email.fixed' : 'register.email.hint', 'type' => 'email', 'required' => true, 'maxlength' => '255', 'autocomplete' => 'email', 'inputmode' => 'email', 'readonly' => $member, 'link' => $reason === 'email_taken' ? 'login' : '']) ?>
            <?= $this->field('domain', $errors, $values, ['label' => 'register.domain', 'hint' => 'register.domain.hint', 'required' => true, 'maxlength' => '255', 'inputmode' => 'url', 'autocapitalize' => 'none', 'autocomplete' => 'url', 'spellcheck' => 'false']) ?>
            <fieldset class="field"<?= isset($errors['plan']) ? ' aria-describedby="plan-error"' : '' ?>>
                <legend><?= $this->t('register.plan') ?></legend>
                <div class="choices" data-plans>
<?php foreach ($plans as $plan) : ?>
                    <label class="choice">
                        <input type="radio" name="plan" value="<?= $this->e($plan['plan']) ?>"<?= $values['plan'] === $plan['plan'] ? ' checked' : '' ?> data-name="<?= $this->planName($plan['plan'], $plan['name']) ?>" data-price="<?= $this->e($plan['price_fen']) ?>" data-seats="<?= $this->e($plan['seats']) ?>" data-extra="<?= $this->e($plan['extra_seat_price_fen']) ?>" data-max="<?= $this->e($plan['max_extra_seats']) ?>">
                        <span class="choice-name"><?= $this->planName($plan['plan'], $plan['name']) ?></span>
                        <span class="choice-price"><?= $this->money($plan['price']) ?> <small><?= $this->t('plan.period') ?></small></span>
                        <span class="choice-note"><?= $this->t('plan.seats', ['count' => $plan['seats']]) ?></span>
                    </label>
<?php endforeach ?>
                </div>
<?php if (isset($errors['plan'])) : ?>
                <p class="error" id="plan-error"><?= $this->e($errors['plan']) ?></p>
<?php endif ?>
            </fieldset>
<?php foreach ($plans as $plan) : ?>
<?php if ($plan['max_extra_seats'] > 0) : ?>
            <div class="field<?= isset($errors['seats']) ? ' field-invalid' : '' ?>" data-extra-seats>
                <label for="field-seats"><?= $this->t('register.seats') ?> <span class="muted"><?= $this->t('form.optional') ?></span></label>
                <div class="stepper">
                    <button type="button" class="button" data-step="-1" aria-label="<?= $this->t('register.seats.less') ?>" aria-controls="field-seats" hidden>−</button>
                    <input id="field-seats" name="seats" type="number" inputmode="numeric" min="0" max="<?= $this->e($plan['max_extra_seats']) ?>" step="1" autocomplete="off" value="<?= $this->e(mb_strcut(($values['seats'] ?? '') === '' ? '0' : $values['seats'], 0, 20, 'UTF-8')) ?>"<?= $this->attributes(isset($errors['seats'])
                        ? ['aria-describedby' => 'field-seats-hint field-seats-error', 'aria-invalid' => 'true', 'autofocus' => true]
                        : ['aria-describedby' => 'field-seats-hint']) ?>>
                    <button type="button" class="button" data-step="1" aria-label="<?= $this->t('register.seats.more') ?>" aria-controls="field-seats" hidden>+</button>
                </div>
                <p class="hint" id="field-seats-hint"><?= $this->t('register.seats.hint', ['seats' => $plan['seats'], 'max' => $plan['max_extra_seats'], 'plan' => $this->planText($plan['plan'], $plan['name'])]) ?></p>
<?php if (isset($errors['seats'])) : ?>
                <p class="error" id="field-seats-error"><?= $this->e($errors['seats']) ?></p>
<?php endif ?>
            </div>
<?php endif ?>
<?php endforeach ?>
            <?= $this->field('notes', $errors, $values, ['label' => 'register.notes', 'hint' => 'register.notes.hint', 'type' => 'textarea', 'maxlength' => '1000']) ?>
        </div>
        <aside class="panel summary" aria-labelledby="summary-heading">
            <h2 id="summary-heading"><?= $this->t('register.summary') ?></h2>
            <dl data-summary hidden aria-live="polite">
                <div><dt><?= $this->t('register.plan') ?></dt><dd data-summary-plan></dd></div>
                <div><dt><?= $this->t('register.summary.seats') ?></dt><dd data-summary-seats></dd></div>
                <div><dt><?= $this->t('register.summary.later') ?></dt><dd data-summary-price></dd></div>
                <div class="summary-now"><dt><?= $this->t('register.summary.now') ?></dt><dd>¥0</dd></div>
            </dl>
            <p class="small muted"><?= $this->t('register.summary.note') ?></p>
            <button class="button button-primary button-large button-block" type="submit"><?= $this->t('register.submit') ?></button>
<?php if (!$member) : ?>
            <p class="small center"><?= $this->t('register.have_account') ?> <a href="<?= $this->url('login') ?>"><?= $this->t('register.sign_in') ?></a></p>
<?php endif ?>
        </aside>
    </form>
</div>
