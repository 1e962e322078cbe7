<?php
/** A labelled input; the hint and the error are read out with it. */
$id = 'field-' . $name;
$area = ($attributes['type'] ?? '') === 'textarea';
$hint = $attributes['hint'] ?? '';
$describedBy = trim(($hint !== '' ? $id . '-hint ' : '') . ($error !== '' ? $id . '-error' : ''));
$shared = $this->attributes([
    'id' => $id,
    'name' => $name,
    'aria-describedby' => $describedBy === '' ? false : $describedBy,
    'aria-invalid' => $error === '' ? false : 'true',
    'autofocus' => $focus || ($attributes['autofocus'] ?? false),
] + array_diff_key($attributes, ['label' => 1, 'hint' => 1, 'type' => 1, 'link' => 1]));
?>
<div class="field<?= $error === '' ? '' : ' field-invalid' ?>">
    <label for="<?= $this->e($id) ?>"><?= $this->t($attributes['label']) ?><?php if (!($attributes['required'] ?? false)) : ?> <span class="muted"><?= $this->t('form.optional') ?></span><?php endif ?></label>
<?php if ($area) : ?>
    <textarea rows="3"<?= $shared ?>><?= $this->e("\n" . $value) ?></textarea>
<?php else : ?>
    <input type="<?= $this->e($attributes['type'] ?? 'text') ?>" value="<?= $this->e($value) ?>"<?= $shared ?>>
<?php endif ?>
<?php if ($hint !== '') : ?>
    <p class="hint" id="<?= $this->e($id) ?>-hint"><?= $this->t($hint) ?></p>
<?php endif ?>
<?php if ($error !== '') : ?>
    <p class="error" id="<?= $this->e($id) ?>-error"><?= $this->e($error) ?><?php if (($attributes['link'] ?? '') !== '') : ?> <a class="inline-link" href="<?= $this->url($attributes['link']) ?>"><?= $this->t('nav.' . $attributes['link']) ?></a><?php endif ?></p>
<?php endif ?>
</div>
